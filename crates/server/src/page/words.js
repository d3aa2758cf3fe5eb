// The language of the page: its texts, and how it writes names and times.

import { names, texts } from "./texts.js";

export let language = "en";

export const languages = Object.entries(names);

export const say = (key, values = {}) =>
  Object.entries(values).reduce((text, [name, value]) => text.replace(`{${name}}`, () => value), texts[language][key]);

// The address decides, then the browser.
export function preferredLanguage() {
  const wanted = [new URLSearchParams(location.search).get("language"), ...navigator.languages];
  return wanted.map((tag) => (tag || "").slice(0, 2).toLowerCase()).find((code) => code in names) || "en";
}

export const isSpoken = (code) => Object.hasOwn(names, code ?? "");

export function speak(code) {
  language = code;
  document.documentElement.lang = code;
  for (const part of document.querySelectorAll("[data-text]")) part.textContent = say(part.dataset.text);
}

// A language by its name in the reader's.
export const nameOf = (code) => new Intl.DisplayNames([language], { type: "language" }).of(code);

// The reader's own variant of the language, which decides between 16:00 and 4 pm.
const variant = () => navigator.languages.find((tag) => tag.toLowerCase().split("-")[0] === language) ?? language;

// A day such as `2026-05-04` is the same day everywhere.
export const dayOf = (date) => new Intl.DateTimeFormat(variant(), { dateStyle: "long", timeZone: "UTC" }).format(new Date(date));

export const amountOf = (amount, currency) => new Intl.NumberFormat(variant(), { style: "currency", currency }).format(amount);

// A moment by the reader's own clock. After a week its weekday alone would be ambiguous.
export function momentOf(instant) {
  const moment = new Date(instant);
  const far = moment - Date.now() > 6 * 24 * 3600 * 1000;
  const day = far ? { day: "numeric", month: "long" } : {};
  return new Intl.DateTimeFormat(variant(), { weekday: "long", hour: "numeric", minute: "2-digit", ...day }).format(moment);
}
