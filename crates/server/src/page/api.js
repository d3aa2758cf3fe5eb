// Calls of the interface. Each throws when it gets no good reply; an `ApiError` then tells what the server said.

import { authorization, renew } from "./token.js";

export class ApiError extends Error {
  constructor(response, problem) {
    super(`status ${response.status}`);
    this.status = response.status;
    this.field = problem.field ?? "";
    // The last part of the problem's type is its name.
    this.kind = String(problem.type ?? "").split(/[/:#]/).at(-1);
    // Seconds; a date in its place, which the interface never sends, counts as nothing.
    this.retryAfter = Number.parseInt(response.headers.get("Retry-After") ?? "", 10) || 0;
  }
}

// Long enough for a slow phone; whoever waits longer wants to be told.
const PATIENCE_MS = 20_000;

// The interface lies beside this file, wherever that is: a help center may be one of many, below a path of its own.
async function send(path, options) {
  return fetch(new URL(`.${path}`, import.meta.url), { ...options, headers: { ...options.headers, ...(await authorization()) } });
}

async function call(path, options = {}) {
  let response = await send(path, options);
  // A token that ran out while the page was open is replaced once.
  if (response.status === 401 && (await renew())) response = await send(path, options);
  if (response.ok) return response;
  // What stands between the page and the server answers in its own format.
  throw new ApiError(response, await response.json().catch(() => ({})));
}

const post = (path, body, options = {}) =>
  call(path, {
    method: "POST",
    body: JSON.stringify(body),
    ...options,
    headers: { "Content-Type": "application/json", ...options.headers },
  });

// Longer than the server lets an answer take; a connection that died without a word is given up.
const SILENCE_MS = 45_000;

export async function* answerEvents(question, running) {
  const { signal } = running;
  let silence;
  const listening = () => {
    clearTimeout(silence);
    silence = setTimeout(() => running.abort(new Error("nothing was heard")), SILENCE_MS);
  };
  listening();
  try {
    const response = await post("/v1/answers", question, { signal, headers: { Accept: "text/event-stream" } });
    for await (const event of events(response.body)) {
      listening();
      yield event;
    }
  } finally {
    clearTimeout(silence);
  }
}

// Server-sent events of a response body; `EventSource` cannot send a question.
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const event = { name: "message", data: "" };
      for (const line of block.split("\n")) {
        if (line.startsWith("event:")) event.name = line.slice(6).trim();
        if (line.startsWith("data:")) event.data += line.slice(5);
      }
      if (event.data) yield { name: event.name, data: JSON.parse(event.data) };
    }
  }
}

export async function search(query, signal) {
  const response = await post("/v1/search", query, { signal });
  return (await response.json()).hits;
}

export async function article(id, language) {
  const path = `/v1/articles/${id.split("/").map(encodeURIComponent).join("/")}`;
  const response = await call(`${path}?language=${language}`).catch((error) => {
    // Whatever version there is, is better than none.
    if (error.status === 404) return call(path);
    throw error;
  });
  return response.json();
}

export async function contactMethods(language, audience) {
  const query = new URLSearchParams({ language, ...(audience && { audience }) });
  return (await call(`/v1/contact-methods?${query}`, { signal: AbortSignal.timeout(PATIENCE_MS) })).json();
}

// `crypto.randomUUID` is not there on pages without TLS, such as a first try in an office network.
export const newKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

// The same key for the same request: however often it is sent, it arrives once.
export async function escalate(request, key) {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  return (await post("/v1/escalations", request, { signal, headers: { "Idempotency-Key": key } })).json();
}

export const sendFeedback = (feedback) => post("/v1/feedback", feedback, { signal: AbortSignal.timeout(PATIENCE_MS) });
