// The help page: its start, its language, and the views it consists of.

import { again, ask, forget } from "./answer.js";
import { addArticleView } from "./article.js";
import { $, button, element } from "./dom.js";
import { isEmbedded, join } from "./embed.js";
import { addPickView, showChosen, showPick } from "./pick.js";
import { addView, back, currentView, go, instead, open, startAt } from "./router.js";
import { searchSoon, stopSearching } from "./search.js";
import { isKnown, knownAudience, onSubjects, session, subjects } from "./session.js";
import { addSupportViews, showSubjectChoice } from "./support.js";
import { authorization } from "./token.js";
import { isSpoken, language, languages, preferredLanguage, say, speak } from "./words.js";

// How long the page waits with its first view for what there is to choose from.
const PATIENCE_MS = 1_500;

// --- Asking ---------------------------------------------------------------------------------------------

$("audience").addEventListener("change", () => {
  session.audience = $("audience").value || undefined;
  searchSoon();
});

$("question").addEventListener("input", () => {
  // Another question begins; support is not told about the one before it.
  if ($("question").value.trim() !== session.question) forget();
  searchSoon();
});

function askAnew(question) {
  stopSearching();
  ask(question);
  go("#/answer");
}

$("ask-form").addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  const question = $("question").value.trim();
  if (question) askAnew(question);
});

// Enter asks, except while a Chinese word is being composed; with Shift it starts a line.
$("question").addEventListener("keydown", (pressed) => {
  if (pressed.key !== "Enter" || pressed.shiftKey || pressed.isComposing) return;
  pressed.preventDefault();
  $("ask-form").requestSubmit();
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

// --- Language -------------------------------------------------------------------------------------------

function speakEverywhere(code) {
  speak(code);
  $("language").value = language;
  showWhatIsKnown();
  showExamples();
  searchSoon();
}

for (const [code, name] of languages) $("language").append(element("option", name, { value: code, lang: code }));

function changeLanguage(code) {
  speakEverywhere(code);
  const address = new URL(location);
  address.searchParams.set("language", language);
  history.replaceState(history.state, "", address);
  again();
  open();
}

$("language").addEventListener("change", () => changeLanguage($("language").value));

// --- What the site knows of its customer ----------------------------------------------------------------

function showWhatIsKnown() {
  $("audience-choice").hidden = knownAudience !== undefined;
  showPick();
  showSubjectChoice();
}

onSubjects(() => {
  showWhatIsKnown();
  // Who has not begun yet starts with what has just become known.
  if (currentView() === "ask" && location.hash.length < 3 && $("question").value === "") open();
});

// --- Views ----------------------------------------------------------------------------------------------

for (const pressed of document.querySelectorAll(".back")) pressed.addEventListener("click", back);

// Not by its address, which names views.
document.querySelector(".skip").addEventListener("click", (clicked) => {
  clicked.preventDefault();
  $("main").focus();
});

startAt(() => (subjects.length > 0 ? "pick" : "ask"));
addPickView();
addView("ask", () => showChosen());
// Nothing was asked yet when the page is loaded here.
addView("answer", () => {
  if (!session.question) instead("#/");
});
addArticleView();
addSupportViews();

speakEverywhere(preferredLanguage());
await join(({ language: wanted }) => {
  if (isEmbedded && isSpoken(wanted) && wanted !== language) changeLanguage(wanted);
});
// Whom the service takes the reader for decides what there is to choose from. A call that is made later says it when the
// service cannot be reached.
const entered = authorization().catch(() => {});
if (isKnown) await Promise.race([entered, new Promise((done) => setTimeout(done, PATIENCE_MS))]);
open();
