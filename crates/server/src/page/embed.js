// The page inside the widget of another site. The site hands over what it knows of its customer by messages; the page asks
// for a fresh token, and says when it wants to be closed. Nothing secret goes out: messages of the page name no reader.

import { know } from "./session.js";
import { renewWith } from "./token.js";

const address = new URLSearchParams(location.search);

export const isEmbedded = address.has("embedded") && window.parent !== window;

// A site that says nothing in this time knows nothing of its customer.
const PATIENCE_MS = 1_500;
const RENEWAL_MS = 10_000;

const tellSite = (message) => window.parent.postMessage({ loket: message }, "*");

let heard = () => {};

// Resolves when the site has said what it knows, or says nothing.
export function join(onContext) {
  if (!isEmbedded) return Promise.resolve();
  const root = document.documentElement;
  root.classList.add("embedded");
  if (["light", "dark"].includes(address.get("theme"))) root.dataset.theme = address.get("theme");
  window.addEventListener("message", ({ source, data }) => {
    if (source !== window.parent || data?.loket !== "context") return;
    know(data.context ?? {});
    onContext(data.context ?? {});
    heard(data.context?.token ?? "");
  });
  renewWith(() => wait("renew", RENEWAL_MS));
  document.addEventListener("keydown", (pressed) => {
    if (pressed.key === "Escape" && !pressed.isComposing && !pressed.defaultPrevented) tellSite("close");
  });
  return wait("ready", PATIENCE_MS);
}

// The token of the next message, or nothing when none comes.
function wait(message, patience) {
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(""), patience);
    heard = (token) => {
      clearTimeout(late);
      resolve(token);
    };
    tellSite(message);
  });
}
