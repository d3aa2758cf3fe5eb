// The help page: its start, its language, and the views it consists of.

import { again, ask, forget } from "/answer.js";
import { search } from "/api.js";
import { addArticleView, addressOfArticle } from "/article.js";
import { $, button, element } from "/dom.js";
import { addView, back, go, instead, open } from "/router.js";
import { knownAudience, labelOf, session, subjects } from "/session.js";
import { addSupportViews } from "/support.js";
import { language, languages, preferredLanguage, say, speak } from "/words.js";

// --- What the question is about -------------------------------------------------------------------------

const GENERAL = "";

function showSubjects() {
  const chosen = session.subject ? String(subjects.indexOf(session.subject)) : GENERAL;
  const entries = subjects.map((subject, index) => [String(index), labelOf(subject), kindOf(subject)]);
  const choices = [...entries, [GENERAL, say("general"), ""]].map(([value, label, kind]) => {
    const choice = element("label", undefined, { class: "choice" });
    const radio = element("input", undefined, { type: "radio", name: "subject", value });
    radio.checked = value === chosen;
    const text = element("span", label);
    if (kind) text.append(" ", element("span", kind, { class: "muted small" }));
    choice.append(radio, text);
    return choice;
  });
  $("subject-choices").replaceChildren(...choices);
  $("subjects").hidden = subjects.length === 0;
}

const kindOf = ({ kind, id }) => [["order", "object"].includes(kind) ? say(kind) : "", id].filter(Boolean).join(" ");

$("subject-choices").addEventListener("change", ({ target }) => {
  session.subject = subjects[target.value];
});

$("audience-choice").hidden = knownAudience !== undefined;
$("audience").addEventListener("change", () => {
  session.audience = $("audience").value || undefined;
  searchSoon();
});

// --- Searching while typing -----------------------------------------------------------------------------

const PAUSE_MS = 250;
const MOST_HITS = 6;
let waiting;
let searching;

function searchSoon() {
  clearTimeout(waiting);
  searching?.abort();
  const query = $("question").value.trim();
  if (query.length >= 2) waiting = setTimeout(() => searchNow(query), PAUSE_MS);
  else showHits([], "");
}

async function searchNow(query) {
  const mine = new AbortController();
  searching = mine;
  try {
    const { audience } = session;
    const hits = await search({ query, language, audience, limit: MOST_HITS }, mine.signal);
    // A reply to what is no longer asked is of no use.
    if (searching === mine) showHits(hits, hits.length ? say("found", { n: hits.length }) : say("found_none"));
  } catch {
    // Asking still works or says why not; the reader did not ask for a search.
    if (searching === mine && !mine.signal.aborted) showHits([], "");
  }
}

function showHits(hits, status) {
  $("hits").replaceChildren(...hits.map(hit));
  $("results").hidden = hits.length === 0;
  $("examples").hidden = $("question").value.trim() !== "";
  $("search-status").textContent = status;
}

function hit({ article, title, section, text, language: written }) {
  const item = element("li");
  item.append(element("a", title, { href: addressOfArticle(article), lang: written }));
  item.append(element("p", excerpt(text, [title, ...section]), { class: "muted small excerpt", lang: written }));
  return item;
}

// A passage begins with the headings above it; the title stands there already.
const excerpt = (text, headings) =>
  headings.reduce((rest, heading) => (rest.startsWith(heading) ? rest.slice(heading.length).trimStart() : rest), text);

$("question").addEventListener("input", () => {
  // Another question begins; support is not told about the one before it.
  if ($("question").value.trim() !== session.question) forget();
  searchSoon();
});

// --- Asking ---------------------------------------------------------------------------------------------

function askAnew(question) {
  clearTimeout(waiting);
  ask(question);
  go("#/answer");
}

$("ask").addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  const question = $("question").value.trim();
  if (question) askAnew(question);
});

// Enter asks, except while a Chinese word is being composed; with Shift it starts a line.
$("question").addEventListener("keydown", (pressed) => {
  if (pressed.key !== "Enter" || pressed.shiftKey || pressed.isComposing) return;
  pressed.preventDefault();
  $("ask").requestSubmit();
});

function showExamples() {
  const examples = [say("example_payout"), say("example_parcel"), say("example_cancel"), say("example_fake")];
  $("example-list").replaceChildren(
    ...examples.map((question) => {
      const item = element("li");
      item.append(button(question, () => {
        $("question").value = question;
        searchSoon();
        askAnew(question);
      }, { class: "plain" }));
      return item;
    }),
  );
}

// --- Language and views ---------------------------------------------------------------------------------

function speakEverywhere(code) {
  speak(code);
  showSubjects();
  showExamples();
  searchSoon();
}

for (const [code, name] of languages) $("language").append(element("option", name, { value: code, lang: code }));

$("language").addEventListener("change", () => {
  speakEverywhere($("language").value);
  const address = new URL(location);
  address.searchParams.set("language", language);
  history.replaceState(history.state, "", address);
  again();
  open();
});

for (const pressed of document.querySelectorAll(".back")) pressed.addEventListener("click", back);

addView("home");
// Nothing was asked yet when the page is loaded here.
addView("answer", () => {
  if (!session.question) instead("#/");
});
addArticleView();
addSupportViews();

speakEverywhere(preferredLanguage());
$("language").value = language;
open();
