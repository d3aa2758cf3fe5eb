// Who the page speaks for. A site may give the token of its customer; without one the service gives a session of its own,
// or says that it needs none. All of it is held in memory only: what a browser stores outlives the visit.

const SESSION = new URL("./v1/session", import.meta.url);

// What the embedding site gave.
let given = "";
// What is sent, as a promise: one question is enough for all calls that wait for it.
let entering = null;
// Asks the embedding site for a fresh token; resolves to "" when it has none.
let renewal = async () => "";
// Is told what the service says of a token: {token, customer, subjects}.
let listener = () => {};

export function useToken(token) {
  given = typeof token === "string" ? token.trim() : "";
  entering = null;
}

export function renewWith(ask) {
  renewal = ask;
}

export function onSession(listen) {
  listener = listen;
}

const bearer = (token) => (token ? { Authorization: `Bearer ${token}` } : {});

// The header of a call. Rejects when the service cannot be reached, and asks anew the next time.
export async function authorization() {
  entering ??= enter();
  const mine = entering;
  try {
    return bearer(await mine);
  } catch (error) {
    if (entering === mine) entering = null;
    throw error;
  }
}

async function enter() {
  let response = await fetch(SESSION, { headers: bearer(given) });
  if (response.status === 401 && given) {
    // It ran out, or never was one. A reader who is not known is better off than one who is turned away.
    given = (await renewal()) || "";
    response = await fetch(SESSION, { headers: bearer(given) });
  }
  // Sessions may be switched off; then the call itself tells what is missing. Without keys there is no token to send.
  const session = response.ok ? await response.json().catch(() => ({})) : { token: given };
  const token = session.token ?? "";
  listener({ ...session, token });
  return token;
}

// After a 401: whether the call is worth another try.
export async function renew() {
  given = (await renewal()) || "";
  entering = null;
  const { Authorization } = await authorization();
  return Authorization !== undefined;
}

// What a token says. The service verifies it; here it only tells what to show.
export function claimsOf(token) {
  try {
    const payload = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(payload), (sign) => sign.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
