// Making and finding elements. Texts are only ever set as text, so nothing a server or customer wrote can be markup.

export const $ = (id) => document.getElementById(id);

export function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

export function button(text, pressed, attributes = {}) {
  const made = element("button", text, { type: "button", ...attributes });
  made.addEventListener("click", pressed);
  return made;
}

// Shows `text` in a place that may be empty; an empty one takes no room.
export function tell(place, text = "") {
  place.textContent = text;
  place.hidden = text === "";
}

// Attributes of a link that leads elsewhere. The frame of another site is too small for it and keeps the conversation.
export const outside = (href) => ({ href, rel: "noopener noreferrer", ...(window.parent !== window && { target: "_blank" }) });
