// Articles while the reader types: after a short pause, and only for what stands there now.

import { search } from "./api.js";
import { addressOfArticle } from "./article.js";
import { $, element } from "./dom.js";
import { session } from "./session.js";
import { language, say } from "./words.js";

const PAUSE_MS = 250;
const MOST_HITS = 6;
let waiting;
let searching;

export function searchSoon() {
  stopSearching();
  const query = $("question").value.trim();
  if (query.length >= 2) waiting = setTimeout(() => searchNow(query), PAUSE_MS);
  else showHits([], "");
}

export function stopSearching() {
  clearTimeout(waiting);
  searching?.abort();
}

async function searchNow(query) {
  const mine = new AbortController();
  searching = mine;
  try {
    const { audience } = session;
    const hits = await search({ query, language, audience, limit: MOST_HITS }, mine.signal);
    // A reply to what is no longer asked is of no use.
    if (searching === mine) showHits(hits, hits.length ? say("found", { n: hits.length }) : say("found_none"));
  } catch {
    if (searching === mine && !mine.signal.aborted) showHits([], say("search_failed"));
  }
}

function showHits(hits, status) {
  $("hits").replaceChildren(...hits.map(hit));
  $("results").hidden = hits.length === 0;
  $("examples").hidden = $("question").value.trim() !== "";
  $("search-status").textContent = status;
  // Nothing found, or nothing to find it with: a person is one step away.
  $("search-person").hidden = status === "" || hits.length > 0;
}

function hit({ article, title, section, text, language: written }) {
  const item = element("li");
  item.append(element("a", title, { href: addressOfArticle(article), lang: written }));
  item.append(element("p", excerpt(text, [title, ...section]), { class: "muted small excerpt", lang: written }));
  return item;
}

// A passage begins with the headings above it; the title stands there already.
const excerpt = (text, headings) =>
  headings.reduce((rest, heading) => (rest.startsWith(heading) ? rest.slice(heading.length).trimStart() : rest), text);
