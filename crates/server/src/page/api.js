// Calls of the interface. Each throws when it gets no good reply; an `ApiError` then tells what the server said.

export class ApiError extends Error {
  constructor(status, problem) {
    super(`status ${status}`);
    this.status = status;
    this.field = problem.field ?? "";
  }
}

// Long enough for a slow phone; whoever waits longer wants to be told.
const PATIENCE_MS = 20_000;

async function call(path, options = {}) {
  const response = await fetch(path, options);
  if (response.ok) return response;
  // What stands between the page and the server answers in its own format.
  throw new ApiError(response.status, await response.json().catch(() => ({})));
}

const post = (path, body, options = {}) =>
  call(path, {
    method: "POST",
    body: JSON.stringify(body),
    ...options,
    headers: { "Content-Type": "application/json", ...options.headers },
  });

export async function* answerEvents(question, signal) {
  const response = await post("/v1/answers", question, { signal, headers: { Accept: "text/event-stream" } });
  yield* events(response.body);
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
  return (await call(`/v1/contact-methods?${query}`)).json();
}

// The same key for the same request: however often it is sent, it arrives once.
export async function escalate(request, key) {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  return (await post("/v1/escalations", request, { signal, headers: { "Idempotency-Key": key } })).json();
}

export const sendFeedback = (feedback) => post("/v1/feedback", feedback, { signal: AbortSignal.timeout(PATIENCE_MS) });
