// Whatever goes wrong, the reader is told in their language, loses nothing they typed, and a person is one step away.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, openPage, shoot, violations } from "./lib/browser.js";
import { startLoket } from "./lib/loket.js";
import { fill, texts } from "./lib/texts.js";

const say = texts.nl;
let browser;
let loket;

before(async () => {
  browser = await launch();
  loket = await startLoket();
});
after(async () => {
  await browser?.close();
  await loket?.stop();
});

async function visit() {
  const visitor = await openPage(browser, [loket.origin], { locale: "nl-NL" });
  visitor.expect("Failed to load resource");
  await visitor.page.goto(`${loket.origin}/?language=nl`);
  return visitor;
}

async function askAndExpect(page, text) {
  await page.getByRole("textbox", { name: say.your_question, exact: true }).fill("Wanneer word ik uitbetaald?");
  await page.getByRole("textbox", { name: say.your_question, exact: true }).press("Enter");
  await page.getByText(text).waitFor();
  await page.locator("#answer").getByRole("link", { name: say.talk }).waitFor();
}

const problem = (status, name, headers = {}) => ({
  status,
  headers: { "Content-Type": "application/problem+json", ...headers },
  body: JSON.stringify({ type: `urn:loket:problem:${name}`, status, title: "…" }),
});

const answers = [
  ["a limit with a time", problem(429, "rate_limited", { "Retry-After": "2" }), fill(say.busy_wait, { n: 2 })],
  ["no room", problem(503, "overloaded"), say.overloaded],
  ["a defect", problem(500, "internal"), say.error],
  ["a proxy's own page", { status: 502, headers: { "Content-Type": "text/html" }, body: "<h1>Bad gateway</h1>" }, say.error],
  ["a stream that ends early", { status: 200, headers: { "Content-Type": "text/event-stream" }, body: "event: sources\ndata: {\"sources\":[]}\n\n" }, say.error],
];

for (const [name, reply, text] of answers) {
  test(`asking meets ${name}`, async () => {
    const { page, context, faults } = await visit();
    await page.route("**/v1/answers", (route) => route.fulfill(reply));
    await askAndExpect(page, text);
    const again = page.locator("#ask-again");
    if (reply.headers["Retry-After"]) {
      assert.equal(await again.getAttribute("aria-disabled"), "true");
      await shoot(page, "nl-failure-wait");
    }
    await page.unroute("**/v1/answers");
    await page.locator('#ask-again:not([aria-disabled="true"])').click();
    await page.getByText(say.done, { exact: true }).waitFor();
    assert.deepEqual(faults, []);
    await context.close();
  });
}

test("without a connection the question and the request stay, and are sent when it is back", async () => {
  const { page, context, faults } = await visit();
  await page.getByRole("textbox", { name: say.your_question, exact: true }).waitFor();
  await context.setOffline(true);
  await askAndExpect(page, say.offline);
  await shoot(page, "nl-failure-offline");
  await page.locator("#answer").getByRole("link", { name: say.talk }).click();
  // Nobody can be asked what is open, and e-mail always is.
  await page.getByRole("radio", { name: say.email }).waitFor();
  assert.equal(await page.getByRole("textbox", { name: say.your_question, exact: true }).inputValue(), "Wanneer word ik uitbetaald?");
  await page.getByRole("textbox", { name: say.your_email, exact: true }).fill("klant@example.com");
  await page.getByRole("button", { name: say.send_request }).click();
  await page.getByRole("alert").getByText(say.not_sent).waitFor();
  assert.equal(await page.getByRole("textbox", { name: say.your_email, exact: true }).inputValue(), "klant@example.com");
  await context.setOffline(false);
  await page.getByRole("button", { name: say.retry }).click();
  await page.getByRole("heading", { name: say.sent }).waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("a request that may have arrived is sent again under the same key", async () => {
  const { page, context, faults } = await visit();
  const keys = [];
  await page.goto(`${loket.origin}/?language=nl#/support`);
  await page.getByRole("textbox", { name: say.your_question, exact: true }).fill("Waar blijft mijn pakket?");
  await page.getByRole("textbox", { name: say.your_email, exact: true }).fill("klant@example.com");
  await page.route("**/v1/escalations", async (route) => {
    keys.push(route.request().headers()["idempotency-key"]);
    // The first one arrives, and its reply is lost.
    if (keys.length === 1) {
      await route.fetch();
      await route.abort("connectionreset");
    } else await route.continue();
  });
  await page.getByRole("button", { name: say.send_request }).click();
  await page.getByRole("alert").getByText(say.not_sent).waitFor();
  await page.getByRole("button", { name: say.retry }).click();
  await page.getByRole("heading", { name: say.sent }).waitFor();
  assert.equal(keys.length, 2);
  assert.equal(keys[0], keys[1]);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a way that closed while the customer typed is taken off, and nothing is lost", async () => {
  const { page, context, faults } = await visit();
  const open = [
    { method: "chat", available: true, recommended: true, reason: "open", queue: "general", language: "nl", wait_minutes: 4 },
    { method: "email", available: true, recommended: false, reason: "always_open", queue: "general", language: "nl" },
  ];
  const closed = [{ ...open[1], recommended: true }, { ...open[0], available: false, recommended: false, reason: "outside_hours", opens_at: "2026-11-30T09:00:00+01:00" }];
  let options = open;
  await page.route("**/v1/contact-methods*", (route) => route.fulfill({ json: { options, before_you_contact: [] } }));
  await page.goto(`${loket.origin}/?language=nl#/support`);
  await page.getByText(fill(say.wait, { n: 4 })).waitFor();
  await page.getByRole("textbox", { name: say.your_question, exact: true }).fill("Mag ik chatten?");
  await page.getByRole("textbox", { name: say.your_email, exact: true }).fill("klant@example.com");
  options = closed;
  await page.route("**/v1/escalations", (route) => route.fulfill(problem(422, "method_unavailable")));
  await page.getByRole("button", { name: say.send_request }).click();
  await page.getByText(say.method_closed).waitFor();
  assert.equal(await page.getByRole("radio", { name: say.chat }).isDisabled(), true);
  // The customer is in Shanghai: nine o'clock in Amsterdam is four in the afternoon.
  await page.getByText(fill(say.opens, { time: "maandag 16:00" }).replace("maandag 16:00", "")).or(page.getByText(/maandag.*16:00/)).first().waitFor();
  assert.equal(await page.getByRole("textbox", { name: say.your_question, exact: true }).inputValue(), "Mag ik chatten?");
  await page.unroute("**/v1/escalations");
  await page.getByRole("button", { name: say.retry }).click();
  await page.getByRole("heading", { name: say.sent }).waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("what no article has leads to a person", async () => {
  const { page, context, faults } = await visit();
  await page.getByRole("textbox", { name: say.your_question, exact: true }).fill("Kan ik met bitcoin betalen?");
  await page.getByRole("textbox", { name: say.your_question, exact: true }).press("Enter");
  await page.locator("#status:not(.busy)").waitFor();
  const told = await page.locator("#status").textContent();
  assert.ok([say.no_evidence, say.unsupported].includes(told), told);
  // Nothing is about it, so nothing is named for the look of it.
  assert.equal(await page.locator("#related").isHidden(), true);
  await page.locator("#answer").getByRole("link", { name: say.talk }).click();
  assert.equal(await page.getByRole("textbox", { name: say.your_question, exact: true }).inputValue(), "Kan ik met bitcoin betalen?");
  assert.deepEqual(faults, []);
  await context.close();
});

test("a question no article surely answers names those that come closest, and a person stays the way on", async () => {
  const { page, context, faults } = await visit();
  const question = "vaas ligt in gruzelementen in de doos, net uitgepakt. tot wanneer kan ik dat doorgeven en mag die doos bij t oud papier";
  await page.getByRole("textbox", { name: say.your_question, exact: true }).fill(question);
  await page.getByRole("textbox", { name: say.your_question, exact: true }).press("Enter");
  await page.locator("#status:not(.busy)").waitFor();
  assert.equal(await page.locator("#status").textContent(), say.no_evidence);
  const near = page.getByRole("list", { name: say.related });
  await page.getByRole("heading", { name: say.related }).waitFor();
  const links = near.getByRole("link");
  const n = await links.count();
  assert.ok(n >= 1 && n <= 3, `${n} articles`);
  for (const link of await links.all()) assert.match(await link.getAttribute("href"), /^#\/article\//);
  // They are no answer: nothing is quoted, nothing is said to come from them.
  assert.equal(await page.locator("#answer-card").isHidden(), true);
  for (const [name, width, height] of [["wide", 1280, 800], ["phone", 390, 844]]) {
    await page.setViewportSize({ width, height });
    await page.evaluate(() => window.scrollTo(0, 0));
    const talk = await page.locator("#answer").getByRole("link", { name: say.talk }).boundingBox();
    assert.ok(talk.y + talk.height <= height, `a person is in view on a ${name} page: ${talk.y}`);
    assert.deepEqual(await violations(page), []);
    await shoot(page, `related-${name}`, { fullPage: false });
  }
  const title = await links.first().textContent();
  await links.first().click();
  await page.getByRole("heading", { name: title, level: 1 }).waitFor();
  await page.goBack();
  await near.waitFor();
  await page.locator("#answer").getByRole("link", { name: say.talk }).click();
  assert.equal(await page.getByRole("textbox", { name: say.your_question, exact: true }).inputValue(), question);
  // The next question starts with an empty page.
  await page.goBack();
  await page.goto(`${loket.origin}/?language=nl#/`);
  await page.getByRole("textbox", { name: say.your_question, exact: true }).fill("Ik wil een medewerker spreken");
  await page.getByRole("textbox", { name: say.your_question, exact: true }).press("Enter");
  await page.getByText(say.requested).waitFor();
  assert.equal(await page.locator("#related").isHidden(), true);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a search that finds nothing, or fails, names the way to a person", async () => {
  const { page, context, faults } = await visit();
  for (const [reply, text] of [[{ json: { hits: [] } }, say.found_none], [problem(503, "overloaded"), say.search_failed]]) {
    await page.route("**/v1/search", (route) => route.fulfill(reply));
    await page.getByRole("textbox", { name: say.your_question, exact: true }).fill(`qwrtz ${text.length}`);
    await page.getByText(text).waitFor();
    await page.locator("#search-person").getByRole("link", { name: say.talk }).waitFor();
    await page.unroute("**/v1/search");
  }
  assert.deepEqual(faults, []);
  await context.close();
});

test("a search that is no longer wanted is given up", async () => {
  const { page, context, faults } = await visit();
  const asked = [];
  const failed = [];
  page.on("requestfailed", (request) => failed.push(request.postDataJSON()?.query));
  await page.route("**/v1/search", async (route) => {
    asked.push(route.request().postDataJSON().query);
    await new Promise((done) => setTimeout(done, asked.length === 1 ? 1_500 : 0));
    await route.continue().catch(() => {});
  });
  await page.getByRole("textbox", { name: say.your_question, exact: true }).fill("uitbetaling");
  await page.waitForTimeout(400);
  await page.getByRole("textbox", { name: say.your_question, exact: true }).fill("pakket kwijt");
  await page.locator("#hits a").first().waitFor();
  await page.waitForTimeout(1_600);
  assert.deepEqual(asked, ["uitbetaling", "pakket kwijt"]);
  assert.deepEqual(failed, ["uitbetaling"]);
  assert.deepEqual(faults, []);
  await context.close();
});
