// "Talk to support": what to try first, the ways to a person, the form, and the confirmation. What a customer typed
// stays until it has arrived.

import { turn } from "./answer.js";
import { contactMethods, escalate, newKey } from "./api.js";
import { addressOfArticle } from "./article.js";
import { $, element, tell } from "./dom.js";
import { addView, go, instead } from "./router.js";
import { labelOf, session, subjects, subjectToSend, turnsSoFar } from "./session.js";
import { language, momentOf, nameOf, say } from "./words.js";

// E-mail is always open, also when nobody can be asked whether it is.
const FALLBACK = { options: [{ method: "email", available: true, recommended: true, reason: "always_open" }], before_you_contact: [] };

let key = newKey();
let prefilled = "";
let opening = 0;
let shown = "";

export function addSupportViews() {
  addView("support", show);
  // Nothing was sent yet when the page is loaded here.
  addView("sent", () => {
    if (!$("sent-reference").textContent) instead("#/");
  });
}

async function show() {
  opening += 1;
  const mine = opening;
  prefill();
  showSubjectChoice();
  showAlong();
  repeatErrors();
  $("methods-status").textContent = shown ? "" : say("loading");
  const contact = await contactNow();
  if (mine !== opening) return;
  $("methods-status").textContent = "";
  showContact(contact);
}

function showContact(contact) {
  // Who comes back from an article finds the focus where it was, so what is the same is not made again.
  const now = JSON.stringify([language, contact]);
  if (now === shown) return;
  shown = now;
  $("advice-list").replaceChildren(...contact.before_you_contact.map(advice));
  $("advice").hidden = contact.before_you_contact.length === 0;
  showMethods(contact.options);
}

// The reply knows the topic, so its ways and advice fit better than those for anybody.
async function contactNow() {
  if (session.reply?.language === language) return session.reply.contact;
  return contactMethods(language, session.audience).catch(() => session.reply?.contact ?? FALLBACK);
}

// A question that was asked or begun is not typed twice, and one that was changed here is kept.
function prefill() {
  const field = $("support-question");
  if (field.value !== prefilled) return;
  prefilled = session.question || $("question").value.trim();
  field.value = prefilled;
}

function advice({ text, article }) {
  const item = element("li", text);
  if (article) item.append(" ", element("a", say("read"), { href: addressOfArticle(article) }));
  return item;
}

// --- Ways to a person -----------------------------------------------------------------------------------

const chosenMethod = () => document.querySelector("#methods input:checked")?.value ?? "email";

function showMethods(options) {
  const before = document.querySelector("#methods input:checked")?.value;
  const usable = options.filter((option) => option.available);
  const chosen = usable.find((option) => option.method === before) ?? usable.find((option) => option.recommended) ?? usable[0];
  $("methods").replaceChildren(...options.map((option) => method(option, option === chosen)));
  showContactField();
}

function method(option, checked) {
  const choice = element("label", undefined, { class: "choice" });
  const radio = element("input", undefined, { type: "radio", name: "method", value: option.method });
  radio.checked = checked;
  radio.disabled = !option.available;
  const text = element("span");
  text.append(element("strong", say(option.method)), element("span", hours(option), { class: option.available ? "state open" : "state muted" }));
  if (option.available && option.wait_minutes > 0) {
    text.append(element("span", say("wait", { n: option.wait_minutes }), { class: "muted small" }));
  }
  if (option.recommended) text.append(element("span", say("recommended"), { class: "tag" }));
  if (option.available && option.language && option.language !== language) {
    text.append(element("span", say("spoken", { language: nameOf(option.language) }), { class: "muted small" }));
  }
  choice.append(radio, text);
  return choice;
}

function hours(option) {
  if (option.reason === "always_open") return say("always_open");
  if (option.available) return say("now");
  if (option.reason === "language_not_offered") return say("language_not_offered");
  if (!option.opens_at) return say("closed");
  const opens = say("opens", { time: momentOf(option.opens_at) });
  return option.reason === "holiday" ? `${say("holiday")} ${opens}` : opens;
}

$("methods").addEventListener("change", showContactField);

function showContactField() {
  const byPhone = chosenMethod() === "phone";
  $("phone-field").hidden = !byPhone;
  $("email-field").hidden = byPhone;
}

// --- What is sent along ---------------------------------------------------------------------------------

export function showSubjectChoice() {
  const select = $("support-subject");
  const options = subjects.map((subject, index) => element("option", labelOf(subject), { value: index }));
  select.replaceChildren(element("option", say("general"), { value: "" }), ...options);
  select.value = session.subject ? subjects.indexOf(session.subject) : "";
  $("support-subject-field").hidden = subjects.length === 0;
}

$("support-subject").addEventListener("change", ({ target }) => {
  session.subject = subjects[target.value];
  showAlong();
});

function showAlong() {
  tell($("along-subject"), session.subject && say("along_subject", { subject: labelOf(session.subject) }));
  // The question alone is in the form already.
  const turns = session.reply ? turnsSoFar() : session.turns;
  $("along-turns").replaceChildren(...turns.map(turn));
  $("along-conversation").hidden = turns.length < 2;
}

const sharesConversation = () => $("share").checked && !$("along-conversation").hidden;

function request() {
  const { reply, audience, subject } = session;
  const method = chosenMethod();
  const field = method === "phone" ? "phone" : "email";
  return {
    answer_id: reply?.id,
    question: $("support-question").value.trim(),
    language,
    method,
    topic: reply?.topics[0],
    audience,
    contact: { [field]: $(field).value.trim() },
    subject: subjectToSend(subject),
    consent: { conversation: sharesConversation() },
    conversation: sharesConversation() ? turnsSoFar() : undefined,
    note: $("note").value.trim() || undefined,
  };
}

// --- Sending --------------------------------------------------------------------------------------------

const checks = {
  "support-question": { holds: (text) => text !== "", text: () => say("missing_question") },
  email: { holds: (text) => /^\S+@\S+\.\S+$/.test(text), text: () => say("missing_email") },
  phone: { holds: (text) => text.replace(/\D/g, "").length >= 7, text: () => say("missing_phone") },
};

// Fields as the interface names them.
const fieldOf = { question: "support-question", "contact.email": "email", "contact.phone": "phone" };

function complain(id, wrong) {
  tell($(`${id}-error`), wrong ? checks[id].text() : "");
  $(id).setAttribute("aria-invalid", wrong);
}

// A mended field says so at once; whether a new one is right is asked when it is sent.
for (const id of Object.keys(checks)) {
  $(id).addEventListener("input", () => {
    if ($(id).getAttribute("aria-invalid") === "true" && checks[id].holds($(id).value.trim())) complain(id, false);
  });
}

// In the language chosen since.
function repeatErrors() {
  for (const id of Object.keys(checks)) complain(id, $(id).getAttribute("aria-invalid") === "true");
  tell($("not-sent"), $("not-sent").hidden ? "" : say("not_sent"));
}

// The first field that must be changed, if any.
function firstWrong() {
  const asked = Object.keys(checks).filter((id) => !$(id).closest(".field").hidden);
  for (const id of asked) complain(id, !checks[id].holds($(id).value.trim()));
  return asked.find((id) => $(id).getAttribute("aria-invalid") === "true");
}

$("escalation").addEventListener("submit", async (submitted) => {
  submitted.preventDefault();
  const send = $("send");
  // Not disabled while it waits: the focus would be lost.
  if (send.getAttribute("aria-disabled") === "true") return;
  tell($("not-sent"));
  const wrong = firstWrong();
  if (wrong) return $(wrong).focus();
  send.setAttribute("aria-disabled", "true");
  send.textContent = say("sending");
  const asked = request();
  try {
    confirm(await escalate(asked, key), asked);
  } catch (error) {
    await refuse(error);
  } finally {
    send.setAttribute("aria-disabled", "false");
  }
});

function confirm(receipt, { contact }) {
  $("sent-reference").textContent = receipt.id;
  $("sent-next").textContent = receipt.next ?? say(`next_${receipt.method}`);
  // A mistyped address is seen here, or never.
  $("sent-contact").textContent = say("reach", { contact: contact.email ?? contact.phone });
  go("#/sent");
  $("escalation").reset();
  $("send").textContent = say("send_request");
  prefilled = "";
  key = newKey();
}

async function refuse(error) {
  $("send").textContent = say("retry");
  const field = fieldOf[error.field];
  if (field) {
    complain(field, true);
    $(field).focus();
  } else if (error.kind === "method_unavailable") {
    // The shop closed while the customer was typing.
    shown = "";
    showContact(await contactMethods(language, session.audience).catch(() => FALLBACK));
    tell($("not-sent"), say("method_closed"));
  } else if (error.retryAfter > 0) {
    tell($("not-sent"), say("not_sent_wait", { n: error.retryAfter }));
  } else {
    tell($("not-sent"), say("not_sent"));
  }
  // A refused request was not taken on, and a corrected one is another. Without a reply it may have been: then the
  // same key keeps it from arriving twice.
  if (error.status >= 400 && error.status < 500) key = newKey();
}
