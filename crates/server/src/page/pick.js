// The first step of getting help, where the embedding site knows its customer: one of their orders, an object they looked
// at, or something else.

import { forget } from "./answer.js";
import { $, button, element } from "./dom.js";
import { addView, go, instead } from "./router.js";
import { labelOf, session, subjects } from "./session.js";
import { statusOf } from "./status.js";
import { say } from "./words.js";

// Of each kind, until the reader asks for all.
const FIRST = 4;
let showsAll = {};

export function addPickView() {
  addView("pick", () => {
    if (subjects.length === 0) instead("#/ask");
    else showPick();
  });
}

export function showPick() {
  const groups = [
    ["your_orders", subjects.filter(({ kind }) => kind === "order")],
    ["viewed", subjects.filter(({ kind }) => kind !== "order")],
  ];
  $("pick-groups").replaceChildren(...groups.filter(([, all]) => all.length > 0).flatMap(([title, all]) => group(title, all)));
  showChosen();
}

function group(title, all) {
  const heading = element("h2", say(title), { id: `pick-${title}` });
  const list = element("ul", undefined, { class: "cards", "aria-labelledby": `pick-${title}` });
  const shown = showsAll[title] ? all : all.slice(0, FIRST);
  list.append(...shown.map(card));
  if (shown.length === all.length) return [heading, list];
  const more = button(say("show_all", { n: all.length }), () => {
    showsAll = { ...showsAll, [title]: true };
    showPick();
    // The button goes away; what it brought is next.
    $("pick-groups").querySelector(`[aria-labelledby="pick-${title}"]`).children[FIRST].firstChild.focus();
  }, { class: "quiet" });
  return [heading, list, more];
}

function card(subject) {
  const item = element("li");
  const chosen = subject === session.subject ? { "aria-current": "true" } : {};
  const made = button("", () => pick(subject), { class: "pick", ...chosen });
  made.append(element("span", kindOf(subject), { class: "muted small" }), " ", element("strong", labelOf(subject)));
  const status = statusOf(subject);
  if (status) made.append(" ", element("span", status, { class: "tag" }));
  item.append(made);
  return item;
}

function pick(subject) {
  // Support is not told of answers about another order.
  if (subject !== session.subject) forget();
  session.subject = subject;
  go("#/ask");
  $("question").focus();
}

const kindOf = ({ kind, id, label }) =>
  [["order", "object"].includes(kind) ? say(kind) : kind.replaceAll("_", " "), label && id].filter(Boolean).join(" ");

$("pick-other").addEventListener("click", () => pick(undefined));

// What was chosen, beside the question, and the way to choose something else.
export function showChosen(place = $("chosen"), subject = session.subject) {
  place.hidden = subjects.length === 0;
  if (place.hidden) return;
  const text = element("span");
  if (subject) text.append(element("span", `${say("concerns")} `, { class: "muted" }), element("strong", labelOf(subject)));
  else text.append(element("span", say("something_else"), { class: "muted" }));
  const status = subject && statusOf(subject);
  if (status) text.append(" ", element("span", status, { class: "tag" }));
  place.replaceChildren(text, element("a", say("change"), { href: "#/pick", "aria-label": say("change_subject"), class: "change" }));
}
