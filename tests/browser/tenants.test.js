// One help center of several, below a path: its page and its widget stay below it.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, openPage } from "./lib/browser.js";
import { startHost } from "./lib/host.js";
import { startLoket } from "./lib/loket.js";
import { texts } from "./lib/texts.js";

const say = texts.en;
let browser;
let host;
let loket;

before(async () => {
  [browser, host] = await Promise.all([launch(), startHost()]);
  const folder = mkdtempSync(join(tmpdir(), "loket-browser-"));
  const centers = join(folder, "centers");
  for (const name of ["alder", "birch"]) {
    const articles = join(centers, name, "knowledge_base", "en");
    mkdirSync(articles, { recursive: true });
    writeFileSync(join(centers, name, "loket.toml"), `[server]\nallowed_origins = ["${host.origin}"]\n`);
    const text = `# Return an order\n\nYou have 14 days to return an order to the ${name} depot. The days count from the delivery.\n`;
    writeFileSync(join(articles, "return-an-order.md"), text);
  }
  loket = await startLoket({ folder, config: `[tenants]\ndir = ${JSON.stringify(centers)}\n` });
});
after(async () => {
  await browser?.close();
  await loket?.stop();
  host?.stop();
});

test("the page asks nothing outside its path", async () => {
  const { page, context, faults } = await openPage(browser, [loket.origin]);
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(`${loket.origin}/t/alder?language=en`);
  const question = page.getByRole("textbox", { name: say.your_question, exact: true });
  await question.fill("How many days do I have to return an order?");
  const [sent] = await Promise.all([
    page.waitForRequest((request) => request.url().endsWith("/v1/answers")),
    question.press("Enter"),
  ]);
  assert.equal(sent.url(), `${loket.origin}/t/alder/v1/answers`);
  await page.locator("#status:not(.busy)").waitFor();
  const outside = asked.filter((url) => !url.startsWith(`${loket.origin}/t/alder`) && !url.startsWith("data:"));
  assert.deepEqual(outside, []);
  assert.ok(asked.length > 15, `${asked.length} requests`);
  assert.deepEqual(faults, []);
  await context.close();
});

test("the widget of a help center opens that help center", async () => {
  host.help = loket.origin;
  host.change = (html) => html.replaceAll(`${loket.origin}/widget.js`, `${loket.origin}/t/birch/widget.js`);
  const { page, context } = await openPage(browser, [host.origin, loket.origin]);
  await page.goto(host.origin);
  await page.locator("loket-widget .open").click();
  await page.frameLocator("loket-widget iframe").locator("h1:visible").waitFor();
  const frame = page.frames().find((one) => one.url().includes("?embedded"));
  assert.ok(frame.url().startsWith(`${loket.origin}/t/birch/?embedded`), frame.url());
  await context.close();
});

test("the description of the interface lies below the path, too", async () => {
  const { page, context } = await openPage(browser, [loket.origin]);
  await page.goto(`${loket.origin}/t/alder/docs`);
  // It is drawn from what was fetched.
  await page.locator("#toc li").first().waitFor({ state: "attached" });
  await context.close();
});
