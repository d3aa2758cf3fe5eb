// What the page knows of its reader, and of the conversation so far. Kept in memory only.

// `#loket-context` is filled in by whoever serves the page to a customer who has signed in:
// {"audience":"seller","subjects":[{"kind":"order","id":"o-77","label":"…","facts":{…}}]}
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

const context = readContext();

// Only what the interface takes: it refuses subjects with other fields.
export const subjects = (context.subjects ?? []).map(({ kind, id, label, facts }) => ({ kind, id, label, facts }));
export const knownAudience = context.audience;

export const labelOf = (subject) => subject.label ?? subject.id ?? subject.kind;

export const session = {
  audience: knownAudience,
  subject: undefined,
  question: "",
  // Turns before the question; the interface reads the latest.
  turns: [],
  reply: null,
};

const MOST_TURNS = 10;

// The conversation with the question, and with the answer if it has words.
export function turnsSoFar() {
  const { turns, question, reply } = session;
  const said = reply?.text ? [{ role: "assistant", text: reply.text }] : [];
  return [...turns, { role: "user", text: question }, ...said].slice(-MOST_TURNS);
}
