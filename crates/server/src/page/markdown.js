// Markdown to elements, for the articles of a help center: headings, paragraphs, lists, tables, quotes, code, links and
// emphasis. Everything is made as elements with text; markup in an article stays visible text.

import { element, outside } from "./dom.js";

// `linkTo(href)` gives the address a link may have, or nothing: then only its text is shown.
// The article's own title is left out: the page shows it as heading.
export function render(markdown, linkTo) {
  const text = markdown.replace(/^---\r?\n[\s\S]*?\r?\n---\r?\n/, "").replace(/^\s*# .*(\r?\n|$)/, "");
  return blocks(text.split(/\r?\n/), linkTo);
}

const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const ITEM = /^(\s*)(?:([-*+])|(\d{1,9})[.)])\s+(.*)$/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const FENCE = /^\s*(```|~~~)/;
const TABLE_LINE = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

function startsBlock(lines, at) {
  const line = lines[at];
  return [HEADING, ITEM, RULE, FENCE].some((start) => start.test(line)) || line.startsWith(">") || isTable(lines, at);
}

const isTable = (lines, at) => lines[at].includes("|") && at + 1 < lines.length && lines[at + 1].includes("-") && TABLE_LINE.test(lines[at + 1]);

// Each reader takes the block that starts at `at` and returns the line after it.
function blocks(lines, linkTo) {
  const made = document.createDocumentFragment();
  for (let at = 0; at < lines.length; ) {
    if (!lines[at].trim()) at += 1;
    else if (FENCE.test(lines[at])) at = code(lines, at, made);
    else if (HEADING.test(lines[at])) at = heading(lines, at, made, linkTo);
    else if (RULE.test(lines[at])) at = rule(at, made);
    else if (lines[at].startsWith(">")) at = quotation(lines, at, made, linkTo);
    else if (isTable(lines, at)) at = table(lines, at, made, linkTo);
    else if (ITEM.test(lines[at])) at = list(lines, at, made, linkTo);
    else at = paragraph(lines, at, made, linkTo);
  }
  return made;
}

function code(lines, at, into) {
  const [, fence] = lines[at].match(FENCE);
  let end = at + 1;
  while (end < lines.length && !lines[end].trim().startsWith(fence)) end += 1;
  const block = element("pre", undefined, { tabindex: "0" });
  block.append(element("code", lines.slice(at + 1, end).join("\n")));
  into.append(block);
  return end + 1;
}

function heading(lines, at, into, linkTo) {
  const [, marks, text] = lines[at].match(HEADING);
  const made = element(`h${marks.length}`);
  inline(text, made, linkTo);
  into.append(made);
  return at + 1;
}

function rule(at, into) {
  into.append(element("hr"));
  return at + 1;
}

function quotation(lines, at, into, linkTo) {
  let end = at;
  while (end < lines.length && lines[end].startsWith(">")) end += 1;
  const made = element("blockquote");
  made.append(blocks(lines.slice(at, end).map((line) => line.replace(/^> ?/, "")), linkTo));
  into.append(made);
  return end;
}

const cells = (line) =>
  line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));

function table(lines, at, into, linkTo) {
  const made = element("table");
  const row = (line, name, attributes) => {
    const tr = element("tr");
    for (const text of cells(line)) {
      const cell = element(name, undefined, attributes);
      inline(text, cell, linkTo);
      tr.append(cell);
    }
    return tr;
  };
  const head = element("thead");
  head.append(row(lines[at], "th", { scope: "col" }));
  const body = element("tbody");
  let end = at + 2;
  for (; end < lines.length && lines[end].includes("|"); end += 1) body.append(row(lines[end], "td"));
  made.append(head, body);
  // A wide table scrolls by itself, also with the keyboard, and leaves the page where it is.
  const frame = element("div", undefined, { class: "table", tabindex: "0", role: "group" });
  frame.append(made);
  into.append(frame);
  return end;
}

// Items are blocks themselves: what is indented below one belongs to it.
function list(lines, at, into, linkTo) {
  const [, indent, , number] = lines[at].match(ITEM);
  const made = number === undefined ? element("ul") : element("ol", undefined, { start: number });
  const isSibling = (item) => item && item[1].length === indent.length && (item[3] === undefined) === (number === undefined);
  for (let item = lines[at].match(ITEM); isSibling(item); item = lines[at]?.match(ITEM)) {
    const width = item[0].length - item[4].length;
    const own = [item[4]];
    for (at += 1; at < lines.length && belongs(lines, at, indent.length); at += 1) {
      own.push(lines[at].slice(Math.min(indentOf(lines[at]), width)));
    }
    const li = element("li");
    fillItem(li, own, linkTo);
    made.append(li);
    while (at < lines.length && !lines[at].trim()) at += 1;
  }
  into.append(made);
  return at;
}

const indentOf = (line) => line.length - line.trimStart().length;

function belongs(lines, at, indent) {
  if (lines[at].trim()) return indentOf(lines[at]) > indent || !startsBlock(lines, at);
  const next = lines.slice(at).find((line) => line.trim());
  return next !== undefined && indentOf(next) > indent;
}

// An item of one paragraph holds its text directly.
function fillItem(item, lines, linkTo) {
  const made = blocks(lines, linkTo);
  const first = made.firstChild;
  if (first?.nodeName === "P") first.replaceWith(...first.childNodes);
  item.append(made);
}

function paragraph(lines, at, into, linkTo) {
  let end = at + 1;
  while (end < lines.length && lines[end].trim() && !startsBlock(lines, end)) end += 1;
  const made = element("p");
  lines.slice(at, end).forEach((line, index) => {
    inline(line.trim().replace(/\\$/, ""), made, linkTo);
    if (index < end - at - 1) made.append(/( {2}|\\)$/.test(line) ? element("br") : " ");
  });
  into.append(made);
  return end;
}

// What opens inside a line, first match first.
const INLINE = new RegExp(
  [
    /\\(?<escaped>[\\`*_{}[\]()#+\-.!|>])/,
    /(?<ticks>`+)(?<code>.+?)\k<ticks>(?!`)/,
    /!\[(?<alt>[^\]]*)\]\([^)]*\)/,
    /\[(?<label>(?:[^[\]]|\[[^\]]*\])*)\]\(\s*<?(?<href>(?:[^()\s>]|\([^()\s]*\))*)>?[^)]*\)/,
    /<(?<address>https?:[^>\s]+)>/,
    /(?<two>\*\*|__)(?=\S)(?<bold>.+?)(?<=\S)\k<two>/,
    /(?<![\p{L}\p{N}])(?<one>\*|_)(?=\S)(?<italic>.+?)(?<=\S)\k<one>(?![\p{L}\p{N}])/u,
  ].map((pattern) => pattern.source).join("|"),
  "u",
);

function inline(text, into, linkTo) {
  for (let rest = text; rest; ) {
    const found = rest.match(INLINE);
    if (!found) return into.append(rest);
    into.append(rest.slice(0, found.index));
    into.append(inlineElement(found, linkTo));
    rest = rest.slice(found.index + found[0].length);
  }
}

function inlineElement({ groups }, linkTo) {
  if (groups.escaped !== undefined) return groups.escaped;
  if (groups.code !== undefined) return element("code", groups.code);
  if (groups.alt !== undefined) return groups.alt;
  if (groups.address !== undefined) return anchor(groups.address, linkTo, groups.address);
  if (groups.label !== undefined) return anchor(groups.label, linkTo, groups.href);
  const made = element(groups.bold === undefined ? "em" : "strong");
  inline(groups.bold ?? groups.italic, made, linkTo);
  return made;
}

function anchor(label, linkTo, href) {
  const address = linkTo(href);
  const made = address ? element("a", undefined, address.startsWith("#/") ? { href: address } : outside(address)) : element("span");
  inline(label, made, () => undefined);
  return made;
}
