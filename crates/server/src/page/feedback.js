// "Was this helpful?" A yes is sent at once; a no first asks what was missing, so that one opinion is one message.

import { sendFeedback } from "./api.js";
import { button, element } from "./dom.js";
import { say } from "./words.js";

let made = 0;

// `about` is {answer_id} or {article}.
export function askWhetherHelpful(place, about, question = say("helpful")) {
  made += 1;
  const group = element("div", undefined, { class: "feedback row", role: "group", "aria-labelledby": `helpful-${made}` });
  const status = element("p", "", { role: "status", class: "muted small" });
  const send = (rest) => deliver({ ...about, ...rest }, group, status);
  group.append(
    element("span", question, { id: `helpful-${made}` }),
    button(say("yes"), () => send({ helpful: true }), { class: "quiet" }),
    button(say("no"), () => group.replaceChildren(...missing(send)), { class: "quiet" }),
  );
  place.replaceChildren(group, status);
}

function missing(send) {
  const id = `missing-${made}`;
  const label = element("label", say("missing"), { for: id });
  const comment = element("textarea", "", { id, rows: "2", maxlength: "1000", "aria-describedby": `${id}-hint` });
  const hint = element("p", say("missing_hint"), { id: `${id}-hint`, class: "muted small" });
  const done = button(say("send"), () => send({ helpful: false, comment: comment.value.trim() || undefined }), { class: "quiet" });
  // It appears where the pressed button was.
  queueMicrotask(() => comment.focus());
  return [label, comment, hint, done];
}

async function deliver(feedback, group, status) {
  status.textContent = say("sending");
  try {
    await sendFeedback(feedback);
    status.textContent = say("thanks");
    // The focus would be lost with what held it.
    status.tabIndex = -1;
    status.focus();
    group.remove();
  } catch {
    status.textContent = say("feedback_failed");
  }
}
