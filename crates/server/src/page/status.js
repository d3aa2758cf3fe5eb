// A status as the reader says it. The names are the server's own: answers tell them in the same words.

import { statuses } from "./statuses.js";
import { language } from "./words.js";

const LONGEST = 40;

export function statusOf({ facts }) {
  const code = facts?.status;
  if (typeof code !== "string" || code === "") return "";
  const plain = code.toLowerCase().replaceAll("-", "_");
  const known = Object.hasOwn(statuses, plain) ? statuses[plain][language] : undefined;
  return known ?? plain.replaceAll("_", " ").slice(0, LONGEST);
}
