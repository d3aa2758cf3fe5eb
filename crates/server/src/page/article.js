// The article view: one article as its authors wrote it, opened at the place an answer quotes.

import { article as fetchArticle } from "./api.js";
import { $, element, outside } from "./dom.js";
import { askWhetherHelpful } from "./feedback.js";
import { render } from "./markdown.js";
import { mark } from "./quote.js";
import { addView, entitle, go } from "./router.js";
import { dayOf, language, nameOf, say } from "./words.js";

let latest = 0;

export function addArticleView() {
  addView("article", (id, state) => show(id, state));
}

export const addressOfArticle = (id) => `#/article/${id.split("/").map(encodeURIComponent).join("/")}`;

// For links to a place: what a browser opens elsewhere gets the article without it.
export function showArticle(clicked, { article, language: written, quote }) {
  if (clicked.ctrlKey || clicked.metaKey || clicked.shiftKey) return;
  clicked.preventDefault();
  go(addressOfArticle(article), { reader: language, written, quote });
}

async function show(id, state) {
  latest += 1;
  const mine = latest;
  // Who changes the language wants the version in it rather than the one that was quoted.
  const { written, quote } = state.reader === language ? state : {};
  for (const part of ["article-heading", "article-about", "article-text", "article-feedback", "article-public"]) $(part).replaceChildren();
  $("article-status").textContent = say("loading");
  try {
    const article = await fetchArticle(id, written ?? language);
    if (mine !== latest) return;
    fill(article, quote);
    $("article-status").textContent = "";
  } catch (error) {
    if (mine !== latest) return;
    $("article-heading").textContent = say(error.status === 404 ? "no_article" : "not_loaded");
    $("article-heading").lang = language;
    $("article-status").textContent = error.status === 404 ? "" : say(error instanceof TypeError ? "offline" : "error");
    announce($("article-heading"));
  }
}

function fill(article, quote) {
  $("article-heading").textContent = article.title;
  $("article-heading").lang = article.language;
  $("article-about").textContent = about(article);
  $("article-text").lang = article.language;
  $("article-text").replaceChildren(render(article.markdown, (href) => addressOf(href, article)));
  for (const frame of $("article-text").querySelectorAll(".table")) frame.setAttribute("aria-label", say("table"));
  const address = webAddress(article.url);
  if (address) {
    $("article-public").append(element("a", say("read_online"), outside(address)));
  }
  askWhetherHelpful($("article-feedback"), { article: article.id }, say("helpful_article"));
  entitle("article", article.title);
  const place = quote && mark($("article-text"), quote);
  if (place) arriveAt(place);
  else announce($("article-heading"));
}

// Who follows a citation comes to read what is quoted, not the article's beginning; the heading stays above it.
function arriveAt(place) {
  place.tabIndex = -1;
  place.focus({ preventScroll: true });
  place.scrollIntoView({ block: "center" });
}

// The heading may have got the focus before it had its text; then it is read aloud now.
function announce(heading) {
  if (document.activeElement !== heading) return;
  heading.blur();
  heading.focus({ preventScroll: true });
}

function about({ language: written, updated }) {
  const parts = [written === language ? "" : say("only_in", { language: nameOf(written) }), updated ? say("updated", { date: dayOf(updated) }) : ""];
  return parts.filter(Boolean).join(" · ");
}

// Articles link each other by file name; other addresses may only lead to the web.
function addressOf(href, { id, url }) {
  const [path] = href.split("#");
  if (!path) return undefined;
  if (/^[^:]*\.md$/.test(path)) return addressOfArticle(resolve(id, path));
  return webAddress(href, url);
}

const resolve = (id, path) => new URL(path.replace(/(\.[a-z]{2})?\.md$/, ""), `file:///${id}`).pathname.slice(1);

// Relative ones are relative to the article's public address; without one they lead nowhere.
function webAddress(href, base) {
  try {
    const address = new URL(href, base ?? undefined);
    return ["http:", "https:"].includes(address.protocol) ? address.href : undefined;
  } catch {
    return undefined;
  }
}
