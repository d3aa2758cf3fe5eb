// The help page: asks /v1/answers for a stream of events and shows checked sentences as they come.
// Everything the server says is set as text, never as markup.

import { names, texts } from "/texts.js";

const $ = (id) => document.getElementById(id);
let language = "en";
let running = null;
let contact = null;
let cited = [];

const say = (key, values = {}) =>
  Object.entries(values).reduce((text, [name, value]) => text.replace(`{${name}}`, value), texts[language][key]);

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// --- Language -------------------------------------------------------------------------------------------

function preferredLanguage() {
  const wanted = [new URLSearchParams(location.search).get("language"), ...navigator.languages];
  return wanted.map((tag) => (tag || "").slice(0, 2).toLowerCase()).find((code) => code in names) || "en";
}

function speak(code) {
  language = code;
  document.documentElement.lang = code;
  document.title = say("title");
  for (const part of document.querySelectorAll("[data-text]")) part.textContent = say(part.dataset.text);
}

for (const [code, name] of Object.entries(names)) {
  $("language").append(element("option", name, { value: code, lang: code }));
}
speak(preferredLanguage());
$("language").value = language;
$("language").addEventListener("change", () => {
  speak($("language").value);
  contact = null;
  clearAnswer();
});

// --- Asking ---------------------------------------------------------------------------------------------

function clearAnswer() {
  running?.abort();
  running = null;
  cited = [];
  for (const id of ["sentences", "unanswered", "clarifications", "citations", "advice-list", "methods"]) $(id).replaceChildren();
  for (const id of ["answer", "clarifications", "sources", "contact", "advice", "article"]) $(id).hidden = true;
  $("talk").setAttribute("aria-expanded", "false");
  $("status").textContent = "";
}

async function ask(question) {
  clearAnswer();
  contact = null;
  const mine = new AbortController();
  running = mine;
  $("status").textContent = say("searching");
  const audience = $("audience").value || undefined;
  let replied = false;
  try {
    const response = await fetch("/v1/answers", {
      method: "POST",
      signal: mine.signal,
      headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
      body: JSON.stringify({ question, language, audience }),
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    for await (const { name, data } of events(response.body)) {
      if (running !== mine) return;
      if (name === "sentence") showSentence(data);
      if (name === "answer") {
        replied = true;
        showReply(data);
      }
    }
    if (!replied) throw new Error("the stream ended early");
  } catch (error) {
    if (mine.signal.aborted) return;
    $("status").textContent = say(error instanceof TypeError ? "offline" : "error");
  }
}

// Server-sent events of a response body; `EventSource` cannot send a question.
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const event = { name: "message", data: "" };
      for (const line of block.split("\n")) {
        if (line.startsWith("event:")) event.name = line.slice(6).trim();
        if (line.startsWith("data:")) event.data += line.slice(5);
      }
      if (event.data) yield { name: event.name, data: JSON.parse(event.data) };
    }
  }
}

$("ask").addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  const question = $("question").value.trim();
  if (question) ask(question);
});

$("question").addEventListener("keydown", (pressed) => {
  if (pressed.key === "Enter" && (pressed.ctrlKey || pressed.metaKey)) $("ask").requestSubmit();
});

// --- Showing the answer ---------------------------------------------------------------------------------

// A sentence with the numbers of its citations. New quotes are added to the list of sources.
function showSentence(sentence) {
  $("answer").hidden = false;
  const shown = element("span", sentence.text, sentence.starts_line ? { class: "step" } : {});
  for (const citation of sentence.citations) {
    const number = numberOf(citation);
    const mark = element("sup");
    mark.append(element("a", String(number), { href: `#source-${number}`, "aria-label": say("source", { n: number }) }));
    shown.append(mark);
  }
  if (sentence.translated) {
    const written = sentence.citations.find((citation) => citation.language && citation.language !== language);
    if (written) shown.append(" ", element("span", `(${say("translated", { language: nameOf(written.language) })})`, { class: "muted" }));
  }
  $("sentences").append(shown, language === "zh" ? "" : " ");
}

function numberOf(citation) {
  const key = citation.kind === "fact"
    ? `fact ${citation.path}`
    : `${citation.article} ${citation.language} ${citation.start} ${citation.end}`;
  let index = cited.indexOf(key);
  if (index < 0) {
    index = cited.push(key) - 1;
    showSource(citation, index + 1);
  }
  return index + 1;
}

function showSource(citation, number) {
  $("sources").hidden = false;
  const item = element("li", undefined, { id: `source-${number}` });
  if (citation.kind === "fact") {
    item.textContent = String(citation.value);
  } else {
    const details = element("details");
    details.append(element("summary", [citation.title, ...citation.section.slice(-1)].join(" · ")));
    details.append(element("blockquote", citation.quote, { lang: citation.language }));
    details.append(readButton(citation.article, citation.language));
    item.append(details);
  }
  $("citations").append(item);
}

// Following a number opens the quote it stands for.
$("sentences").addEventListener("click", (clicked) => {
  const link = clicked.target.closest("a");
  const details = link && document.querySelector(`${link.getAttribute("href")} details`);
  if (details) details.open = true;
});

function showReply(reply) {
  contact = reply.contact;
  // The reply is what counts: sentences of an answer that was lost on the way are taken back.
  if (reply.sentences.length !== $("sentences").children.length) {
    cited = [];
    for (const id of ["sentences", "citations"]) $(id).replaceChildren();
    for (const id of ["answer", "sources"]) $(id).hidden = true;
    reply.sentences.forEach(showSentence);
  }
  $("status").textContent = reply.outcome === "answered" ? say("done")
    : say(reply.outcome === "clarify" ? "clarify" : reply.reason);
  if (reply.outcome === "escalated" && reply.sentences.length) $("status").append(" ", say("quoted"));
  if (reply.outcome === "clarify") {
    for (const choice of reply.clarifications) {
      const button = element("button", choice.text, { type: "button", class: "plain" });
      button.addEventListener("click", () => {
        $("question").value = choice.text;
        ask(choice.text);
      });
      const item = element("li");
      item.append(button);
      $("clarifications").append(item);
    }
    $("answer").hidden = false;
    $("clarifications").hidden = false;
  }
  for (const part of reply.unanswered ?? []) {
    $("answer").hidden = false;
    $("unanswered").append(element("p", say("unanswered", { part }), { class: "muted" }));
  }
  // A person takes over, so the ways to one are shown without being asked for.
  if (reply.outcome === "escalated" || reply.unanswered?.length) showContact(false);
}

// --- Contact --------------------------------------------------------------------------------------------

$("talk").addEventListener("click", () => showContact(true));

async function showContact(focus) {
  if (!contact) {
    const query = new URLSearchParams({ language });
    if ($("audience").value) query.set("audience", $("audience").value);
    try {
      const response = await fetch(`/v1/contact-methods?${query}`);
      if (!response.ok) throw new Error(`status ${response.status}`);
      contact = await response.json();
    } catch {
      $("status").textContent = say("offline");
      return;
    }
  }
  $("methods").replaceChildren(...contact.options.map(method));
  $("advice-list").replaceChildren(...contact.before_you_contact.map(advice));
  $("advice").hidden = contact.before_you_contact.length === 0;
  $("contact").hidden = false;
  $("talk").setAttribute("aria-expanded", "true");
  if (focus) $("contact-heading").focus();
}

function method(option) {
  const item = element("li");
  item.append(element("strong", say(option.method)), " — ");
  item.append(element("span", state(option), { class: option.available ? "badge" : "muted" }));
  if (option.recommended) item.append(" ", element("em", `(${say("recommended")})`));
  if (option.available && option.language !== language) {
    item.append(" ", element("span", say("spoken", { language: nameOf(option.language) }), { class: "muted" }));
  }
  return item;
}

// A language by its name in the reader's.
function nameOf(code) {
  return new Intl.DisplayNames([language], { type: "language" }).of(code);
}

function state(option) {
  if (option.available) return say("now");
  if (option.reason === "language_not_offered") return say("language_not_offered");
  if (!option.opens_at) return say("closed");
  const time = new Intl.DateTimeFormat(language, { weekday: "long", hour: "2-digit", minute: "2-digit" });
  return say("opens", { time: time.format(new Date(option.opens_at)) });
}

function advice({ text, article }) {
  const item = element("li", text);
  if (article) item.append(" ", readButton(article, language));
  return item;
}

// --- Articles -------------------------------------------------------------------------------------------

function readButton(article, version) {
  const button = element("button", say("read"), { type: "button", class: "plain" });
  button.addEventListener("click", () => read(article, version));
  return button;
}

async function read(article, version) {
  const path = article.split("/").map(encodeURIComponent).join("/");
  try {
    let response = await fetch(`/v1/articles/${path}?language=${version}`);
    // Whatever version there is, is better than none.
    if (response.status === 404) response = await fetch(`/v1/articles/${path}`);
    if (!response.ok) throw new Error(`status ${response.status}`);
    const { title, markdown, language: written } = await response.json();
    $("article-heading").textContent = title;
    $("article-text").textContent = plain(markdown);
    $("article").lang = written;
    $("article").hidden = false;
    $("article-heading").focus();
  } catch {
    $("status").textContent = say("offline");
  }
}

// Markdown as people read it aloud: without front matter, title, marks and link targets.
function plain(markdown) {
  return markdown
    .replace(/^---\r?\n[\s\S]*?\r?\n---\r?\n/, "")
    .replace(/^# .*\r?\n/m, "")
    .replace(/^#+ /gm, "")
    .replace(/^> /gm, "")
    .replace(/\*\*/g, "")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .trim();
}
