// The answer view: checked sentences as they come, what they rest on, and what to do when there is none.

import { answerEvents } from "./api.js";
import { addressOfArticle, showArticle } from "./article.js";
import { $, button, element } from "./dom.js";
import { askWhetherHelpful } from "./feedback.js";
import { showChosen } from "./pick.js";
import { entitle } from "./router.js";
import { labelOf, session, subjectToSend, turnsSoFar } from "./session.js";
import { amountOf, dayOf, language, nameOf, say } from "./words.js";

let running = null;
let cited = [];
// The article the last source in the list is from.
let citedFrom;
// What the question is about, though the reader may choose something else while the answer is written.
let about;

export async function ask(question, turns = []) {
  running?.abort();
  const mine = new AbortController();
  running = mine;
  Object.assign(session, { question, turns, reply: null });
  about = session.subject;
  clear();
  $("status").textContent = say("searching");
  $("status").classList.add("busy");
  try {
    await listen(mine);
  } catch (error) {
    if (running !== mine) return;
    tellFailure(error);
  }
  if (running === mine) $("status").classList.remove("busy");
}

// Whatever failed, asking again and a person are both at hand.
function tellFailure(error) {
  const wait = error.retryAfter ?? 0;
  if (error instanceof TypeError) $("status").textContent = say("offline");
  else if (wait > 0) $("status").textContent = say("busy_wait", { n: wait });
  else $("status").textContent = say([429, 503].includes(error.status) ? "overloaded" : "error");
  offerAgain(wait);
}

let countdown;

// A button that can be pressed when the server said it may. Its label counts; nothing is read aloud every second.
function offerAgain(seconds) {
  const again = $("ask-again");
  const until = Date.now() + seconds * 1000;
  clearInterval(countdown);
  const show = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    again.textContent = left > 0 ? say("retry_in", { n: left }) : say("retry");
    again.setAttribute("aria-disabled", String(left > 0));
    if (left <= 0) clearInterval(countdown);
  };
  show();
  if (seconds > 0) countdown = setInterval(show, 1000);
  again.hidden = false;
}

// The same question once more: after a failure, or in another language.
export function again() {
  if (session.question) ask(session.question, session.turns);
}

export function forget() {
  running?.abort();
  running = null;
  Object.assign(session, { question: "", turns: [], reply: null });
}

async function listen(mine) {
  const { question, turns, audience } = session;
  const conversation = turns.length ? turns : undefined;
  const subject = subjectToSend(about);
  for await (const { name, data } of answerEvents({ question, language, audience, subject, conversation }, mine)) {
    if (running !== mine) return;
    if (name === "sentence") showSentence(data);
    if (name === "answer") showReply(data);
  }
  if (!session.reply) throw new Error("the stream ended early");
}

function clear() {
  cited = [];
  citedFrom = undefined;
  clearInterval(countdown);
  for (const id of ["sentences", "unanswered", "clarifications", "related-list", "citations", "answer-feedback"]) $(id).replaceChildren();
  for (const id of ["answer-card", "clarifications", "related", "sources", "ask-again", "follow-up"]) $(id).hidden = true;
  $("answer-heading").textContent = session.question;
  entitle("answer", session.question);
  showChosen($("answer-chosen"), about);
  $("turns").replaceChildren(...session.turns.map(turn));
  $("earlier").hidden = session.turns.length === 0;
}

export function turn({ role, text }) {
  const item = element("li", undefined, { class: role });
  item.append(element("strong", say(role === "user" ? "you" : "we")), " ", text);
  return item;
}

// --- Sentences and what they rest on --------------------------------------------------------------------

// A sentence with the numbers of its citations. New quotes are added to the list of sources.
function showSentence(sentence) {
  $("answer-card").hidden = false;
  const shown = element("span", sentence.text, sentence.starts_line ? { class: "step" } : {});
  for (const citation of sentence.citations) shown.append(mark(citation));
  if (sentence.translated) {
    const written = sentence.citations.find((citation) => citation.language && citation.language !== language);
    if (written) shown.append(" ", element("span", `(${say("translated", { language: nameOf(written.language) })})`, { class: "muted small" }));
  }
  $("sentences").append(shown, language === "zh" ? "" : " ");
}

function mark(citation) {
  const number = numberOf(citation);
  const sup = element("sup");
  if (citation.kind === "fact") sup.append(element("span", String(number)));
  else sup.append(placeLink(citation, String(number), { "aria-label": `${say("source", { n: number })}: ${citation.title}` }));
  return sup;
}

// Opens the article at the quoted place.
function placeLink(citation, text, attributes = {}) {
  const link = element("a", text, { href: addressOfArticle(citation.article), ...attributes });
  link.addEventListener("click", (clicked) => showArticle(clicked, citation));
  return link;
}

function numberOf(citation) {
  const key = citation.kind === "fact"
    ? `fact ${citation.path}`
    : `${citation.article} ${citation.language} ${citation.start} ${citation.end}`;
  let index = cited.indexOf(key);
  if (index < 0) {
    index = cited.push(key) - 1;
    $("sources").hidden = false;
    $("citations").append(source(citation, index + 1));
  }
  return index + 1;
}

// What is quoted, under the name of its article where that is another one than before.
function source(citation, number) {
  const item = element("li");
  const isFact = citation.kind === "fact";
  const from = isFact ? "" : [citation.title, ...citation.section.slice(-1)].filter(unrepeated).join(" · ");
  if (from && from !== citedFrom) item.append(element("p", from, { class: "from", lang: citation.language }));
  citedFrom = from;
  const row = element("div", undefined, { class: "source" });
  const quote = element("blockquote", undefined, isFact ? {} : { lang: citation.language });
  if (isFact) quote.append(say("from_subject", { subject: labelOf(about), value: fact(citation.value) }));
  else quote.append(placeLink(citation, plain(citation.quote)));
  row.append(element("span", String(number)), quote);
  item.append(row);
  return item;
}

const unrepeated = (text, index, all) => all.indexOf(text) === index;

// Facts are written as machines do; days and amounts have a form of their own in every language.
function fact(value) {
  const [, amount, currency] = String(value).match(/^(-?\d+(?:\.\d+)?) ([A-Z]{3})$/) ?? [];
  if (currency) return amountOf(amount, currency);
  return /^\d{4}-\d{2}-\d{2}$/.test(value) ? dayOf(value) : String(value);
}

// A quote is Markdown; in the list of sources only its words matter.
const plain = (quote) => quote.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/\*\*|^[#>]+ /gm, "").replace(/^\|\s*|\s*\|$/g, "").replaceAll("|", "·");

// --- The reply ------------------------------------------------------------------------------------------

function showReply(reply) {
  session.reply = reply;
  // The reply is what counts: sentences of an answer that was lost on the way are taken back.
  if (reply.sentences.length !== $("sentences").children.length) {
    cited = [];
    citedFrom = undefined;
    for (const id of ["sentences", "citations"]) $(id).replaceChildren();
    for (const id of ["answer-card", "sources"]) $(id).hidden = true;
    reply.sentences.forEach(showSentence);
  }
  $("status").textContent = outcomeOf(reply);
  for (const part of reply.unanswered ?? []) $("unanswered").append(element("p", say("unanswered", { part })));
  $("clarifications").replaceChildren(...reply.clarifications.map(choice));
  $("clarifications").hidden = reply.clarifications.length === 0;
  const related = reply.related ?? [];
  $("related-list").replaceChildren(...related.map(near));
  $("related").hidden = related.length === 0;
  $("follow-up").hidden = reply.sentences.length === 0;
  if (reply.sentences.length) askWhetherHelpful($("answer-feedback"), { answer_id: reply.id });
}

function outcomeOf(reply) {
  if (reply.outcome === "answered") return say("done");
  if (reply.outcome === "clarify") return say("clarify");
  return [say(reply.reason), reply.sentences.length ? say("quoted") : ""].filter(Boolean).join(" ");
}

function choice({ text }) {
  const item = element("li");
  item.append(button(text, () => askFrom(text, session.turns), { class: "plain" }));
  return item;
}

// An article that comes close to a question nothing answers: to read, in the language it is written in.
function near({ article, title, language: written }) {
  const item = element("li");
  item.append(element("a", title, { href: addressOfArticle(article), lang: written }));
  return item;
}

// The button that was pressed goes away, so the focus moves to the new question.
function askFrom(question, turns) {
  ask(question, turns);
  window.scrollTo(0, 0);
  $("answer-heading").focus({ preventScroll: true });
}

$("ask-again").addEventListener("click", ({ target }) => {
  if (target.getAttribute("aria-disabled") !== "true") askFrom(session.question, session.turns);
});

$("follow-up").addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  const question = $("follow-up-question").value.trim();
  if (!question) return;
  $("follow-up-question").value = "";
  askFrom(question, turnsSoFar());
});
