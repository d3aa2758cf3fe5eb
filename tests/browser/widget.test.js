// The widget on a page of another origin, under a strict policy of that page: with and without keys.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { focused, launch, openPage, shoot, violations } from "./lib/browser.js";
import { startHost } from "./lib/host.js";
import { dataFolder, run, startLoket } from "./lib/loket.js";
import { startWebhook } from "./lib/receivers.js";
import { texts } from "./lib/texts.js";

const say = texts.nl;
let browser;
let webhook;
let host;
let loket;
let guarded;
let backendKey;

before(async () => {
  [browser, webhook, host] = await Promise.all([launch(), startWebhook(), startHost()]);
  const config = `[server]\nallowed_origins = ["${host.origin}"]\n${webhook.config}`;
  loket = await startLoket({ config });
  const folder = dataFolder();
  const made = JSON.parse(run("--data-dir", folder, "keys", "create", "--scope", "backend", "--json"));
  backendKey = made.key;
  guarded = await startLoket({ folder, config });
});
after(async () => {
  await browser?.close();
  await Promise.all([loket?.stop(), guarded?.stop()]);
  webhook?.stop();
  host?.stop();
});

async function visit(service, { change = (html) => html, ...options } = {}) {
  host.help = service.origin;
  host.change = change;
  const visitor = await openPage(browser, [host.origin, service.origin], options);
  await visitor.page.goto(host.origin);
  await visitor.page.locator("loket-widget .open").waitFor();
  return visitor;
}

async function help(page) {
  await page.locator("loket-widget .open").click();
  const frame = page.frameLocator("loket-widget iframe");
  await frame.locator("h1:visible").waitFor();
  return frame;
}

const frameOf = (page) => page.frames().find((frame) => frame.url().includes("?embedded"));

test("from the shop’s order to a person, inside the widget", async () => {
  const { page, context, faults } = await visit(loket, { locale: "nl-NL" });
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  assert.deepEqual(asked, [], "nothing is asked before it is opened");
  await shoot(page, "widget-0-closed", { fullPage: false });
  const frame = await help(page);
  await frame.getByRole("heading", { name: say.your_orders }).waitFor();
  await shoot(page, "widget-1-pick", { fullPage: false });
  await frame.getByRole("button", { name: /Omega Seamaster 1967/ }).click();
  await frame.locator("#chosen").getByText("bezorgd").waitFor();
  await frame.getByRole("textbox", { name: say.your_question, exact: true }).fill("Wanneer krijg ik mijn geld?");
  const [request] = await Promise.all([
    page.waitForRequest((sent) => sent.url().endsWith("/v1/answers")),
    frame.getByRole("textbox", { name: say.your_question, exact: true }).press("Enter"),
  ]);
  assert.equal(request.postDataJSON().subject.id, "o-77");
  await frame.locator("#sentences > span").first().waitFor();
  await frame.locator("#status:not(.busy)").waitFor();
  // The fact of the order is told, and says where it is from.
  await frame.locator("#citations").getByText(/Omega Seamaster 1967/).first().waitFor();
  await shoot(page, "widget-2-answer", { fullPage: false });
  await frame.locator("#answer").getByRole("link", { name: say.talk }).click();
  await frame.getByRole("textbox", { name: say.your_email, exact: true }).fill("klant@example.com");
  await frame.getByRole("button", { name: say.send_request }).click();
  await frame.getByRole("heading", { name: say.sent }).waitFor();
  await shoot(page, "widget-3-sent", { fullPage: false });
  const reference = await frame.locator("#sent-reference").textContent();
  const { event } = await webhook.take(({ event: got }) => got?.data.id === reference);
  assert.equal(event.data.subject.id, "o-77");
  assert.equal(event.data.subject.facts.status, "delivered");
  assert.deepEqual(faults, []);
  await context.close();
});

test("the dialog holds the focus, closes with Escape, and gives the focus back", async () => {
  const { page, context, faults } = await visit(loket);
  await page.getByLabel("Zoeken").focus();
  await page.keyboard.press("Tab");
  const opener = await focused(page);
  assert.equal(opener, "Hulp");
  await page.keyboard.press("Enter");
  const frame = page.frameLocator("loket-widget iframe");
  await frame.locator("h1:visible").waitFor();
  assert.equal(await page.locator("loket-widget dialog").getAttribute("aria-labelledby"), "title");
  assert.equal(await page.locator("loket-widget iframe").getAttribute("title"), "Hulp");
  // However often Tab is pressed, the shop's page behind the dialog never gets the focus.
  for (let pressed = 0; pressed < 25; pressed += 1) {
    await page.keyboard.press(pressed % 6 === 5 ? "Shift+Tab" : "Tab");
    const outside = await page.evaluate(() => ["A", "INPUT"].includes(document.activeElement.tagName));
    assert.ok(!outside, `the focus left the dialog: ${await focused(page)}`);
  }
  // Escape inside the frame, where the shop's page hears no key.
  await frame.getByRole("button", { name: /Omega/ }).focus();
  await page.keyboard.press("Escape");
  await page.locator("loket-widget dialog[open]").waitFor({ state: "detached" });
  assert.equal(await focused(page), "Hulp");
  // Opened again by the shop's own script, from its own field; closed by the button.
  await page.getByLabel("Zoeken").focus();
  await page.evaluate(() => window.Loket.open());
  await page.getByRole("button", { name: "Hulp sluiten" }).click();
  assert.equal(await page.evaluate(() => document.activeElement.type), "search");
  // What was shown is still there.
  await page.evaluate(() => window.Loket.open());
  assert.ok(await frame.getByRole("button", { name: /Omega/ }).isVisible());
  await page.mouse.click(5, 5);
  await page.locator("loket-widget dialog[open]").waitFor({ state: "detached" });
  assert.deepEqual(faults, []);
  await context.close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`the rules hold for the widget and its frame: ${colorScheme}`, async () => {
    const { page, context, faults } = await visit(loket, { colorScheme, viewport: { width: 320, height: 640 } });
    const judge = async (name) => {
      assert.deepEqual((await violations(page)).filter((found) => !/^(landmark|region|page-has)/.test(found)), [], `${name}, the shop’s page`);
      if (frameOf(page)) assert.deepEqual(await violations(frameOf(page)), [], `${name}, the frame`);
    };
    await judge("closed");
    const frame = await help(page);
    await frame.getByRole("heading", { name: say.your_orders }).waitFor();
    await judge("pick");
    const wide = await frameOf(page).evaluate(() => [document.scrollingElement.scrollWidth, window.innerWidth]);
    assert.ok(wide[0] <= wide[1], wide.join(" in "));
    await shoot(page, `widget-phone-${colorScheme}`, { fullPage: false });
    await frame.locator("#pick-other").click();
    await frame.getByRole("button", { name: say.example_payout }).click();
    await frame.locator("#status:not(.busy)").waitFor();
    await judge("answer");
    await shoot(page, `widget-phone-${colorScheme}-answer`, { fullPage: false });
    assert.deepEqual(faults, []);
    await context.close();
  });
}

test("the shop’s page stays as it is", async () => {
  const measure = () => {
    const style = (element) => JSON.stringify(Object.fromEntries([...getComputedStyle(element)].map((name) => [name, getComputedStyle(element)[name]])));
    return [...document.querySelectorAll("html, body, body :not(loket-widget)")].map((element) => [element.outerHTML.replace(/<loket-widget[^]*<\/loket-widget>/, ""), style(element)]);
  };
  const hostile = '<style>button, dialog, iframe, h2 { all: unset !important; display: none !important; color: red !important; }</style>';
  const { page, context } = await visit(loket);
  const withWidget = await page.evaluate(measure);
  const globals = await page.evaluate(() => ["Loket"].filter((name) => name in window));
  assert.deepEqual(globals, ["Loket"]);
  await context.close();
  host.change = (html) => html.replace(/<script src[^]*?<\/script>/, "");
  const plain = await openPage(browser, [host.origin]);
  await plain.page.goto(host.origin);
  assert.deepEqual(withWidget.map(([html]) => html.replace(/<script src[^]*?<\/script>/, "")), (await plain.page.evaluate(measure)).map(([html]) => html));
  await plain.context.close();
  // And the shop's rules do not reach the widget.
  host.help = loket.origin;
  host.change = (html) => html.replace("</head>", `${hostile}</head>`);
  const styled = await openPage(browser, [host.origin, loket.origin], { bypassCSP: true });
  await styled.page.goto(host.origin);
  await styled.page.locator("loket-widget .open").click();
  assert.ok(await styled.page.locator("loket-widget iframe").isVisible());
  await styled.context.close();
});

test("language, theme, words and place follow the attributes and `Loket.update`", async () => {
  const change = (html) => html.replace('data-subjects="#help-subjects"', 'data-language="de-AT" data-theme="dark" data-position="left" data-label="Fragen?" data-audience="buyer"');
  const { page, context, faults } = await visit(loket, { change, colorScheme: "light" });
  const opener = page.locator("loket-widget .open");
  assert.equal(await opener.textContent(), "Fragen?");
  assert.ok((await opener.boundingBox()).x < 100);
  const frame = await help(page);
  await frame.getByRole("textbox", { name: texts.de.your_question, exact: true }).waitFor();
  assert.equal(await frame.locator("#audience-choice").isVisible(), false);
  assert.equal(await frameOf(page).evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(18, 23, 28)");
  await page.evaluate(() => window.Loket.update({ language: "pl", subjects: [{ kind: "order", id: "o-9", label: "Zegar" }] }));
  await frame.getByRole("heading", { name: texts.pl.your_orders }).waitFor();
  await frame.getByRole("button", { name: /Zegar/ }).waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("a page that is not allowed gets no frame", async () => {
  const stranger = await startHost();
  stranger.help = loket.origin;
  const { page, context } = await openPage(browser, [stranger.origin, loket.origin]);
  const refused = [];
  page.on("console", (message) => refused.push(message.text()));
  await page.goto(stranger.origin);
  await page.locator("loket-widget .open").click();
  await page.waitForFunction(() => true, undefined, { timeout: 1000 });
  await page.waitForTimeout(800);
  assert.ok(refused.some((text) => text.includes("frame-ancestors")), refused.join("\n"));
  await context.close();
  stranger.stop();
});

async function tokenFor(customer, subjects, expires = 3600) {
  const reply = await fetch(`${guarded.origin}/v1/tokens`, {
    method: "POST",
    headers: { Authorization: `Bearer ${backendKey}`, "Content-Type": "application/json" },
    body: JSON.stringify({ customer, subjects, expires_in: expires }),
  });
  assert.equal(reply.status, 201, await reply.clone().text());
  return (await reply.json()).token;
}

const withToken = (token) => (html) => html.replace('data-subjects="#help-subjects"', `data-token="${token}"`);
const ORDER = { kind: "order", id: "o-501", label: "Leica M3", facts: { status: "shipped", tracking: { carrier: "PostNL" } } };

test("with keys, the orders come from the token and are only named", async () => {
  const token = await tokenFor({ id: "c-19", signed_in: true }, [ORDER]);
  const { page, context, faults } = await visit(guarded, { change: withToken(token) });
  const frame = await help(page);
  await frame.getByRole("button", { name: /Leica M3/ }).getByText("verzonden").waitFor();
  await frame.getByRole("button", { name: /Leica M3/ }).click();
  await frame.getByRole("textbox", { name: say.your_question, exact: true }).fill(say.example_parcel);
  const [request] = await Promise.all([
    page.waitForRequest((sent) => sent.url().endsWith("/v1/answers")),
    frame.getByRole("textbox", { name: say.your_question, exact: true }).press("Enter"),
  ]);
  assert.deepEqual(request.postDataJSON().subject, { id: "o-501" });
  assert.equal((await request.allHeaders()).authorization, `Bearer ${token}`);
  assert.equal((await request.response()).status(), 200);
  await frame.locator("#status:not(.busy)").waitFor();
  await frame.locator("#answer").getByRole("link", { name: say.talk }).click();
  await frame.getByRole("textbox", { name: say.your_email, exact: true }).fill("klant@example.com");
  await frame.getByRole("button", { name: say.send_request }).click();
  await frame.getByRole("heading", { name: say.sent }).waitFor();
  const reference = await frame.locator("#sent-reference").textContent();
  const { event } = await webhook.take(({ event: got }) => got?.data.id === reference);
  assert.equal(event.data.customer.id, "c-19");
  assert.equal(event.data.subject.facts.tracking.carrier, "PostNL");
  assert.deepEqual(faults, []);
  await context.close();
});

test("with keys, a visitor without a token is a stranger who can ask and write", async () => {
  // Orders the page itself tells are not believed, so they are not offered.
  const { page, context, faults } = await visit(guarded);
  const frame = await help(page);
  await frame.getByRole("textbox", { name: say.your_question, exact: true }).waitFor();
  assert.equal(await frame.getByRole("button", { name: /Omega/ }).count(), 0);
  await frame.getByRole("button", { name: say.example_payout }).click();
  await frame.getByText(say.done, { exact: true }).waitFor();
  await frame.locator("#answer").getByRole("link", { name: say.talk }).click();
  await frame.getByRole("textbox", { name: say.your_email, exact: true }).fill("vreemde@example.com");
  await frame.getByRole("button", { name: say.send_request }).click();
  await frame.getByRole("heading", { name: say.sent }).waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("a token that has run out is replaced by a fresh one of the shop", async () => {
  const stale = await tokenFor({ id: "c-19" }, [ORDER], 1);
  const fresh = await tokenFor({ id: "c-19" }, [ORDER]);
  await new Promise((done) => setTimeout(done, 2_100));
  const change = (html) => html.replace('data-subjects="#help-subjects"', 'data-token-from="helpToken"');
  host.help = guarded.origin;
  host.change = change;
  const { page, context, faults, expect } = await openPage(browser, [host.origin, guarded.origin]);
  expect("401");
  await page.addInitScript(([first, then]) => {
    const tokens = [first, then];
    window.helpToken = async () => tokens.shift() ?? then;
  }, [stale, fresh]);
  await page.goto(host.origin);
  const frame = await help(page);
  await frame.getByRole("button", { name: /Leica M3/ }).waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});
