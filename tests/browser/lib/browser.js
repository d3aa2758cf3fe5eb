// Chromium, with an eye on what a page must never do: run what it was not sent, ask other origins, report errors.

import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });

// A page that may talk to `origins` only. `options` are playwright's, such as colorScheme and viewport.
export async function openPage(browser, origins, options = {}) {
  const context = await browser.newContext({ timezoneId: "Asia/Shanghai", ...options });
  if (process.env.PAGE_FILES) await context.route(/^http:\/\/127\.0\.0\.1:\d+\/([a-z]+\.(js|css))?(\?.*)?$/, fromFolder);
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const faults = [];
  const expected = [];
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (!origins.includes(origin) && !["data:", "about:"].includes(protocol)) faults.push(`asked ${request.url()}`);
  });
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("console", (message) => {
    if (message.type() === "error" && !expected.some((text) => message.text().includes(text))) faults.push(`console: ${message.text()}`);
  });
  // Errors of the console that a test causes on purpose.
  return { page, context, faults, expect: (text) => expected.push(text) };
}

// The page's files as they are in the folder `PAGE_FILES`, under the headers of the service: for work on the page without
// building the binary for every change.
async function fromFolder(route) {
  const name = new URL(route.request().url()).pathname.slice(1) || "index.html";
  const file = join(process.env.PAGE_FILES, name);
  if (!existsSync(file)) return route.fallback();
  return route.fulfill({ response: await route.fetch(), body: readFileSync(file, "utf8") });
}

// What axe finds against WCAG 2.2 AA, one line each, also inside frames.
export async function violations(frame) {
  await frame.evaluate(AXE);
  // What fades in is judged when it is there.
  await frame.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
  const { violations: found } = await frame.evaluate(
    (rules) => window.axe.run(document, { runOnly: rules, rules: { "target-size": { enabled: true } } }),
    RULES,
  );
  return found.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n  ${failureSummary}`));
}

// Keeps a picture where `SHOTS` says, for people to look at.
export async function shoot(page, name, options = {}) {
  const folder = process.env.SHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  // Frames keep their animations.
  await page.waitForTimeout(350);
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true, animations: "disabled", ...options });
}

// What has the focus, inside shadow trees too: its name as it is read aloud, or its tag.
export const focused = (frame) =>
  frame.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return element?.getAttribute("aria-label") || element?.labels?.[0]?.textContent.trim() || element?.textContent.trim() || element?.localName;
  });
