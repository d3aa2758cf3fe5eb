// Views and the way between them. The address names the view, so that the browser's own back, forward, reload and
// "open in a new tab" work. Focus moves to a new view's heading, and on the way back to where the reader left.

import { $ } from "./dom.js";
import { say } from "./words.js";

const opened = {};
// What had the focus when a deeper view was opened, by depth.
const leftAt = [];
let depth = history.state?.depth ?? 0;
// Where getting help begins; `#/` leads there.
let start = () => "ask";
let current = "";

// `show(rest, state)` fills the view; it gets what follows its name in the address, and what `go` was given.
export function addView(name, show = () => {}) {
  opened[name] = show;
}

export function startAt(choose) {
  start = choose;
}

export const currentView = () => current;

export function go(hash, state = {}) {
  leftAt[depth] = document.activeElement;
  depth += 1;
  history.pushState({ ...state, depth }, "", hash);
  open();
  window.scrollTo(0, 0);
  focusHeading();
}

// For a view that has nothing to show: the reader's way back does not lead through it.
export function instead(hash) {
  history.replaceState(history.state, "", hash);
  open();
}

export function back() {
  if (depth > 0) history.back();
  else go("#/");
}

// The title of a view that gets its text later.
export function entitle(name, title) {
  if (name === current) document.title = title ? `${title} – ${say("title")}` : say("title");
}

export function open() {
  const [, name, ...rest] = location.hash.split("/");
  current = Object.hasOwn(opened, name ?? "") ? name : start();
  for (const view of Object.keys(opened)) $(view).hidden = view !== current;
  entitle(current, ["pick", "ask"].includes(current) ? "" : $(`${current}-heading`).textContent);
  opened[current](rest.map(decodeURIComponent).join("/"), history.state ?? {});
}

const focusHeading = () => $(`${current}-heading`).focus({ preventScroll: true });

window.addEventListener("popstate", () => {
  const to = history.state?.depth ?? 0;
  const returning = to < depth;
  depth = to;
  open();
  const left = leftAt[depth];
  if (returning && left?.isConnected && left.checkVisibility()) left.focus();
  else focusHeading();
});

// Links between views; with a modifier or another button they are the browser's.
document.addEventListener("click", (clicked) => {
  const link = clicked.target.closest('a[href^="#/"]');
  if (!link || clicked.defaultPrevented || clicked.ctrlKey || clicked.metaKey || clicked.shiftKey) return;
  clicked.preventDefault();
  go(link.getAttribute("href"));
});
