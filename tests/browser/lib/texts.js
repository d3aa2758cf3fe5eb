// The page's own texts, so that tests look for what readers read.

import { readFileSync } from "node:fs";
import { join } from "node:path";

const PAGE = join(import.meta.dirname, "../../../crates/server/src/page");

// As a data address: node takes a `.js` file outside a package for the older kind of module.
const source = readFileSync(join(PAGE, "texts.js"), "utf8");
export const { texts, names } = await import(`data:text/javascript,${encodeURIComponent(source)}`);

export const fill = (text, values) => Object.entries(values).reduce((filled, [name, value]) => filled.replace(`{${name}}`, value), text);
