// The help center on another site: a button, and a dialog with the help page in a frame. One file without dependencies;
// it runs where the site's policy allows this script and this frame, and touches nothing of the site.
//
// <script src="…/widget.js" data-language="nl" data-subjects="#orders" data-token-from="helpToken" async></script>

(() => {
  const texts = {
    en: ["Help", "Close help"], nl: ["Hulp", "Hulp sluiten"], de: ["Hilfe", "Hilfe schließen"],
    fr: ["Aide", "Fermer l’aide"], es: ["Ayuda", "Cerrar la ayuda"], it: ["Aiuto", "Chiudi l’aiuto"],
    pt: ["Ajuda", "Fechar a ajuda"], pl: ["Pomoc", "Zamknij pomoc"], zh: ["帮助", "关闭帮助"],
  };

  // Drawn for a light page; `media` is replaced by what `data-theme` asks for.
  const style = `
    :host { all: initial; --face: #0a5a8a; --on-face: #fff; --card: #fff; --text: #17212b; --line: #7b8794; }
    button { font: 600 1rem/1.3 system-ui, "Noto Sans", "Noto Sans SC", sans-serif; cursor: pointer; }
    button:focus-visible, iframe:focus-visible { outline: 3px solid var(--face); outline-offset: 2px; }
    .open { position: fixed; right: max(1rem, env(safe-area-inset-right)); bottom: max(1rem, env(safe-area-inset-bottom));
      z-index: 2147483000; min-height: 3rem; padding: .7rem 1.3rem; border: 1px solid var(--on-face); border-radius: 1.6rem;
      background: var(--face); color: var(--on-face); box-shadow: 0 2px 12px rgb(0 0 0 / 25%); }
    .open:focus-visible { outline-color: var(--text); }
    .left { right: auto; left: max(1rem, env(safe-area-inset-left)); }
    dialog { box-sizing: border-box; position: fixed; inset: auto 1rem 1rem auto; margin: 0; padding: 0; width: 26rem; height: min(44rem, calc(100dvh - 2rem));
      max-width: calc(100vw - 2rem); max-height: none; border: 1px solid var(--line); border-radius: .9rem; overflow: hidden;
      background: var(--card); color: var(--text); box-shadow: 0 8px 40px rgb(0 0 0 / 30%); }
    dialog.left { inset: auto auto 1rem 1rem; }
    dialog[open] { display: flex; flex-direction: column; }
    dialog::backdrop { background: rgb(10 16 22 / 35%); }
    .bar { display: flex; align-items: center; justify-content: space-between; padding: .4rem .4rem .4rem 1rem; border-bottom: 1px solid var(--line); }
    h2 { font: 700 1.05rem/1.3 system-ui, "Noto Sans", "Noto Sans SC", sans-serif; margin: 0; }
    .close { width: 2.75rem; height: 2.75rem; padding: 0; border: 0; border-radius: .5rem; background: none; color: inherit; font-size: 1.5rem; line-height: 1; }
    iframe { flex: 1; width: 100%; border: 0; background: var(--card); color-scheme: normal; }
    @media (max-width: 34rem), (max-height: 30rem) {
      dialog, dialog.left { inset: 0; width: 100vw; height: 100dvh; max-width: none; border: 0; border-radius: 0; }
    }
    @media print { :host { display: none; } }`;
  const dark = ":host { --face: #83c9f4; --on-face: #0c2231; --card: #1b2229; --text: #e9edf1; --line: #7f8c99; }";

  const script = document.currentScript;
  // Loaded twice, or as a module, which does not know where it came from.
  if (!script || window.Loket) return;
  const help = new URL(script.src).origin;
  const theme = script.dataset.theme ?? "auto";
  const side = script.dataset.position === "left" ? "left" : "right";

  let language = spoken(script.dataset.language) ?? spoken(document.documentElement.lang) ?? navigator.languages.map(spoken).find(Boolean) ?? "en";
  // What the site tells of its customer; `token` may be a function that fetches one.
  const known = {
    token: script.dataset.tokenFrom ? () => window[script.dataset.tokenFrom]() : script.dataset.token,
    subjects: listed(script.dataset.subjects),
    audience: script.dataset.audience,
  };

  function spoken(tag) {
    const code = (tag ?? "").slice(0, 2).toLowerCase();
    return Object.hasOwn(texts, code) ? code : undefined;
  }

  // JSON, or the selector of an element with JSON in it, which may be filled in later.
  function listed(written) {
    if (!written) return undefined;
    return () => JSON.parse(written.trimStart().startsWith("[") ? written : document.querySelector(written).textContent);
  }

  function make(name, properties = {}, ...parts) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...parts);
    return made;
  }

  // --- The button and the dialog ------------------------------------------------------------------------

  const host = make("loket-widget");
  const root = host.attachShadow({ mode: "open" });
  // Not as an element: a policy of the site may forbid styles in its page.
  const sheet = new CSSStyleSheet();
  const night = { dark, light: "" }[theme] ?? `@media (prefers-color-scheme: dark) { ${dark} }`;
  sheet.replaceSync(`${style}\n${night}`);
  root.adoptedStyleSheets = [sheet];

  const opener = make("button", { type: "button", className: `open ${side}` });
  opener.setAttribute("aria-haspopup", "dialog");
  const title = make("h2", { id: "title" });
  const closer = make("button", { type: "button", className: "close" }, "×");
  const dialog = make("dialog", { className: side }, make("div", { className: "bar" }, title, closer));
  dialog.setAttribute("aria-labelledby", "title");
  root.append(opener, dialog);
  let frame;

  function label() {
    const [open, close] = texts[language];
    host.lang = language;
    opener.textContent = script.dataset.label ?? open;
    title.textContent = script.dataset.label ?? open;
    closer.setAttribute("aria-label", close);
    if (frame) frame.title = open;
  }

  // Nothing is asked of the help center before its visitor wants help.
  function load() {
    const address = new URL(".", script.src);
    for (const [name, value] of Object.entries({ embedded: "", language, theme })) address.searchParams.set(name, value);
    frame = make("iframe", { src: address.href, referrerPolicy: "no-referrer" });
    // It may do what a help page does, and never lead the site's own window elsewhere.
    frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox");
    dialog.append(frame);
    label();
  }

  function open() {
    if (dialog.open) return;
    if (!frame) load();
    dialog.showModal();
    frame.focus();
  }

  // The browser gives the focus back to what had it.
  const close = () => dialog.close();

  opener.addEventListener("click", open);
  closer.addEventListener("click", close);
  dialog.addEventListener("click", ({ target, clientX, clientY }) => {
    const { left, right, top, bottom } = dialog.getBoundingClientRect();
    const isOutside = clientX < left || clientX > right || clientY < top || clientY > bottom;
    if (target === dialog && isOutside) close();
  });

  // --- What is told to the page -------------------------------------------------------------------------

  const valueOf = async (given) => (typeof given === "function" ? given() : given);

  async function told(name) {
    try {
      return await valueOf(known[name]);
    } catch (error) {
      // Help without orders, or for nobody in particular, is better than none.
      console.warn(`loket: no ${name}`, error);
      return undefined;
    }
  }

  async function tell() {
    const [token, subjects] = await Promise.all([told("token"), told("subjects")]);
    const context = { token, subjects, audience: known.audience, language };
    // To the help center alone, whatever the frame shows by now.
    frame?.contentWindow?.postMessage({ loket: "context", context }, help);
  }

  window.addEventListener("message", ({ source, origin, data }) => {
    if (!frame || source !== frame.contentWindow || origin !== help) return;
    if (data?.loket === "ready" || data?.loket === "renew") tell();
    if (data?.loket === "close") close();
  });

  // For the site's own links and for what it learns later.
  window.Loket = Object.freeze({
    open,
    close,
    update(changes = {}) {
      for (const name of ["token", "subjects", "audience"]) if (name in changes) known[name] = changes[name];
      language = spoken(changes.language) ?? language;
      label();
      if (frame) tell();
    },
  });

  label();
  const add = () => document.body.append(host);
  if (document.body) add();
  else document.addEventListener("DOMContentLoaded", add);
})();
