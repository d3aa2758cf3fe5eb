// Finding a quoted place in a rendered article. The quote is Markdown, perhaps cut inside a table or a list, so only
// letters and digits are compared.

import { element } from "./dom.js";
import { render } from "./markdown.js";

const LETTER = /[\p{L}\p{N}]/u;

// Letters of the text nodes below `root`, each with where it stands.
function letters(root) {
  const places = [];
  let text = "";
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    for (let offset = 0; offset < node.data.length; ) {
      const letter = String.fromCodePoint(node.data.codePointAt(offset));
      if (LETTER.test(letter)) {
        text += letter;
        for (let unit = 0; unit < letter.length; unit += 1) places.push({ node, end: offset + letter.length, start: offset });
      }
      offset += letter.length;
    }
  }
  return { text, places };
}

// Marks the quote below `root` and returns its first mark, if it stands there.
export function mark(root, quote) {
  const { text: wanted } = letters(render(quote, () => undefined));
  const { text, places } = letters(root);
  const start = wanted ? text.indexOf(wanted) : -1;
  if (start < 0) return undefined;
  const found = places.slice(start, start + wanted.length);
  const spans = new Map();
  for (const { node, start, end } of found) spans.set(node, { start: spans.get(node)?.start ?? start, end });
  const marks = [...spans].map(([node, span]) => wrap(node, span));
  return marks[0];
}

// The part of a text node from one letter to another, with the signs that belong to them.
function wrap(node, { start, end }) {
  const range = document.createRange();
  range.setStart(node, start - node.data.slice(0, start).match(/(?:[(“„«‘¿¡€$£]\s?)*$/)[0].length);
  range.setEnd(node, end + node.data.slice(end).match(/^(?:\s?[€%»])?[.!?…。！？)”“’]*/)[0].length);
  const made = element("mark");
  range.surroundContents(made);
  return made;
}
