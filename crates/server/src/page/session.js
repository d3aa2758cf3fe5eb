// What the page knows of its reader, and of the conversation so far. Kept in memory only.

import { authorization, claimsOf, onSession, useToken } from "./token.js";

// More than anybody looks through; the site puts the latest first.
const MOST_SUBJECTS = 60;

// Orders and objects to choose from: what the token vouches for, and what the site says where no token is needed.
export let subjects = [];
export let knownAudience;

export const session = {
  audience: undefined,
  subject: undefined,
  question: "",
  // Turns before the question; the interface reads the latest.
  turns: [],
  reply: null,
};

// What the site says, by the element `#loket-context` or by a message to the embedded page:
// {"token":"…","audience":"seller","subjects":[{"kind":"order","id":"o-77","label":"…","facts":{"status":"delivered"}}]}
let said = [];
let vouchedFor = [];
// Whether the service asks for keys: then it takes orders from a token only.
let isGuarded = false;
let changed = () => {};

// Whether there may be something to choose from once the service has said whom it takes the reader for.
export let isKnown = false;

export function onSubjects(listen) {
  changed = listen;
}

export function know({ audience, subjects: given, token } = {}) {
  if (typeof audience === "string" && audience) {
    knownAudience = audience;
    session.audience = audience;
  }
  if (Array.isArray(given)) said = given.filter(isSubject).map(subjectOf);
  if (token !== undefined) {
    useToken(token);
    // What it holds is shown as soon as it is known; whoever calls later says when the service cannot be reached.
    authorization().catch(() => {});
  }
  isKnown ||= Boolean(token) || said.length > 0;
  gather();
}

onSession(({ token, subjects: named }) => {
  isGuarded = Boolean(token);
  // The service names the subjects of a token without their facts, which it sends back to nobody; the token has them.
  const facts = new Map((claimsOf(token)?.subjects ?? []).map((subject) => [subject?.id, subject?.facts]));
  vouchedFor = (named ?? [])
    .filter((subject) => isSubject(subject) && isText(subject.id))
    .map((subject) => ({ ...subjectOf(subject), facts: facts.get(subject.id) }));
  gather();
});

function gather() {
  subjects = (isGuarded ? vouchedFor : said).slice(0, MOST_SUBJECTS);
  // What was chosen stays chosen while it is there.
  session.subject = subjects.find((subject) => isSame(subject, session.subject));
  changed();
}

const isText = (value) => typeof value === "string" && value !== "";
const isSubject = (given) => isText(given?.kind) && (isText(given.label) || isText(given.id));
const subjectOf = ({ kind, id, label, facts }) => ({ kind, id, label, facts });
const isSame = (one, other) => other && one.kind === other.kind && one.id === other.id && one.label === other.label;

export const labelOf = (subject) => subject.label ?? subject.id;

// As the interface takes it: what is in the token is named, not told.
export const subjectToSend = (subject) => (isGuarded && subject ? { id: subject.id } : subject);

const MOST_TURNS = 10;

// The conversation with the question, and with the answer if it has words.
export function turnsSoFar() {
  const { turns, question, reply } = session;
  const spoken = reply?.text ? [{ role: "assistant", text: reply.text }] : [];
  return [...turns, { role: "user", text: question }, ...spoken].slice(-MOST_TURNS);
}

function readContext() {
  const written = document.getElementById("loket-context")?.textContent.trim();
  if (!written) return {};
  try {
    return JSON.parse(written);
  } catch (error) {
    // A help page without orders is better than none.
    console.warn("loket-context is no JSON", error);
    return {};
  }
}

know(readContext());
