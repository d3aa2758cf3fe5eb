// WCAG 2.2 AA: axe over every view, light and dark, wide and narrow; the keyboard alone; zoom, motion and focus.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { focused, launch, openPage, shoot, violations } from "./lib/browser.js";
import { startLoket } from "./lib/loket.js";
import { texts } from "./lib/texts.js";

const SUBJECTS = [
  { kind: "order", id: "o-77", label: "Omega Seamaster 1967", facts: { status: "delivered" } },
  { kind: "order", id: "o-78", label: "Zilveren theepot, Birmingham 1902, met onderstel en gegraveerd monogram", facts: { status: "awaiting_payment" } },
  { kind: "object", id: "l-4", label: "Art-decolamp", facts: { status: "sold" } },
];

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

// As a site serves the page to a customer it knows.
async function knowing(page, context) {
  await page.route(`${loket.origin}/**`, async (route) => {
    if (new URL(route.request().url()).pathname !== "/") return route.fallback();
    const reply = await route.fetch();
    const element = '<script type="application/json" id="loket-context">';
    const html = (await reply.text()).replace(element, `${element}${JSON.stringify(context)}`);
    return route.fulfill({ response: reply, body: html });
  });
}

// Each view as a reader meets it; the next one starts from there.
const views = [
  ["pick", async (page, say) => page.getByRole("heading", { name: say.your_orders }).waitFor()],
  ["ask", async (page, say) => {
    await page.getByRole("button", { name: /Omega Seamaster 1967/ }).click();
    await page.getByRole("textbox", { name: say.your_question, exact: true }).pressSequentially("payout", { delay: 10 });
    await page.locator("#hits a").first().waitFor();
  }],
  ["answer", async (page, say) => {
    await page.getByRole("textbox", { name: say.your_question, exact: true }).fill(say.example_payout);
    await page.getByRole("textbox", { name: say.your_question, exact: true }).press("Enter");
    await page.getByText(say.done, { exact: true }).waitFor();
  }],
  ["article", async (page) => {
    await page.locator("#sentences sup a").first().click();
    await page.locator("mark").first().waitFor();
  }],
  ["comment", async (page, say) => {
    await page.getByRole("group", { name: say.helpful_article }).getByRole("button", { name: say.no, exact: true }).click();
    await page.getByRole("textbox", { name: say.missing, exact: true }).waitFor();
  }],
  ["support", async (page, say) => {
    await page.locator("#article").getByRole("link", { name: say.talk }).click();
    await page.locator("#methods .choice").first().waitFor();
  }],
  ["mistakes", async (page, say) => {
    await page.getByRole("button", { name: say.send_request }).click();
    await page.getByText(say.missing_email).waitFor();
    await page.getByText(say.share_show).click();
  }],
  ["sent", async (page, say) => {
    await page.getByRole("textbox", { name: say.your_email, exact: true }).fill("customer@example.com");
    await page.getByRole("button", { name: say.send_request }).click();
    await page.getByRole("heading", { name: say.sent }).waitFor();
  }],
];

const looks = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  // The width the success criterion on reflow names, and a phone's touch.
  ["phone", { colorScheme: "light", viewport: { width: 320, height: 640 }, hasTouch: true }],
  ["phone-dark", { colorScheme: "dark", viewport: { width: 320, height: 640 }, hasTouch: true }],
  // 200 % zoom of a window of 1280 by 800.
  ["zoom", { colorScheme: "light", viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 }],
];

for (const [look, options] of looks) {
  test(`every view keeps the rules: ${look}`, async () => {
    const language = look.startsWith("phone") ? "nl" : "en";
    const say = texts[language];
    const { page, context, faults } = await openPage(browser, [loket.origin], options);
    await knowing(page, { audience: "seller", subjects: SUBJECTS });
    await page.goto(`${loket.origin}/?language=${language}`);
    for (const [name, reach] of views) {
      await reach(page, say);
      assert.deepEqual(await violations(page), [], name);
      const [wide, narrow] = await page.evaluate(() => [document.scrollingElement.scrollWidth, document.scrollingElement.clientWidth]);
      assert.ok(wide <= narrow, `${name} is ${wide} wide in a window of ${narrow}`);
      await shoot(page, `view-${look}-${name}`);
    }
    assert.deepEqual(faults, []);
    await context.close();
  });
}

test("everything can be reached and used with the keyboard alone, and the focus is seen", async () => {
  const say = texts.en;
  const { page, context, faults } = await openPage(browser, [loket.origin]);
  await knowing(page, { subjects: SUBJECTS });
  await page.goto(`${loket.origin}/?language=en`);
  await page.getByRole("heading", { name: say.your_orders }).waitFor();
  // Presses Tab until what is read aloud fits, and looks at every stop on the way.
  const tabTo = async (wanted, most = 25) => {
    for (let pressed = 0; pressed < most; pressed += 1) {
      await page.keyboard.press("Tab");
      const seen = await page.evaluate(() => {
        const element = document.activeElement.closest(".choice") ?? document.activeElement;
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        const { width, height, bottom, right } = element.getBoundingClientRect();
        return { outline: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2, isOnPage: width > 0 && height > 0 && bottom > 0 && right > 0 };
      });
      const name = await focused(page);
      assert.ok(seen.outline && seen.isOnPage, `the focus on “${name}” is not seen`);
      if (wanted.test(name)) return name;
    }
    throw new Error(`${wanted} cannot be reached; the focus is on “${await focused(page)}”`);
  };

  assert.equal(await tabTo(/./), say.skip);
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  await tabTo(/Zilveren theepot/);
  await page.keyboard.press("Enter");
  assert.equal(await focused(page), say.your_question);
  await page.locator("#chosen").getByText("not paid yet").waitFor();
  await page.keyboard.type("When do I get my payout?");
  await page.keyboard.press("Enter");
  await page.getByText(say.done, { exact: true }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), "answer-heading");
  await tabTo(/^Source 1/);
  await page.keyboard.press("Enter");
  await page.locator("mark").first().waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.localName), "mark");
  await page.goBack();
  await page.locator("#answer-heading:visible").waitFor();
  assert.match(await focused(page), /^Source 1/);
  await tabTo(new RegExp(`^${say.talk}$`));
  await page.keyboard.press("Enter");
  await page.locator("#methods .choice").first().waitFor();
  await tabTo(new RegExp(say.your_email));
  await page.keyboard.type("customer@example.com");
  await tabTo(new RegExp(say.share));
  await page.keyboard.press("Space");
  await tabTo(new RegExp(`^${say.send_request}$`));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: say.sent }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), "sent-heading");
  assert.deepEqual(faults, []);
  await context.close();
});

test("what is chosen is sent with the question and the request, can be changed, and begins anew", async () => {
  const say = texts.de;
  const { page, context, faults } = await openPage(browser, [loket.origin]);
  await knowing(page, { audience: "seller", subjects: SUBJECTS });
  await page.goto(`${loket.origin}/?language=de`);
  await page.getByRole("button", { name: /Art-decolamp/ }).click();
  await page.locator("#chosen").getByText("verkauft").waitFor();
  await page.locator("#chosen").getByRole("link", { name: say.change_subject }).click();
  await page.getByRole("button", { name: /Omega Seamaster/ }).click();
  await page.locator("#chosen").getByText("zugestellt").waitFor();
  await page.getByRole("textbox", { name: say.your_question, exact: true }).fill(say.example_payout);
  const [asked] = await Promise.all([
    page.waitForRequest((request) => request.url().endsWith("/v1/answers")),
    page.getByRole("textbox", { name: say.your_question, exact: true }).press("Enter"),
  ]);
  assert.deepEqual(asked.postDataJSON().subject, SUBJECTS[0]);
  await page.locator("#answer-chosen").getByText("Omega Seamaster 1967").waitFor();
  await page.locator("#status:not(.busy)").waitFor();
  await page.locator("#answer").getByRole("link", { name: say.talk }).click();
  assert.equal(await page.getByRole("combobox", { name: say.about, exact: true }).inputValue(), "0");
  await page.getByRole("textbox", { name: say.your_email, exact: true }).fill("kunde@example.com");
  const [handed] = await Promise.all([
    page.waitForRequest((request) => request.url().endsWith("/v1/escalations")),
    page.getByRole("button", { name: say.send_request }).click(),
  ]);
  assert.deepEqual(handed.postDataJSON().subject, SUBJECTS[0]);
  assert.equal(handed.postDataJSON().audience, "seller");
  await page.getByRole("link", { name: say.home }).click();
  await page.getByRole("heading", { name: say.your_orders }).waitFor();
  // About something else: nothing is sent of any order.
  await page.locator("#pick-other").click();
  await page.getByRole("textbox", { name: say.your_question, exact: true }).fill(say.example_cancel);
  const [general] = await Promise.all([
    page.waitForRequest((request) => request.url().endsWith("/v1/answers")),
    page.getByRole("textbox", { name: say.your_question, exact: true }).press("Enter"),
  ]);
  assert.equal(general.postDataJSON().subject, undefined);
  assert.deepEqual(faults, []);
  await context.close();
});

test("who asks for less motion gets none", async () => {
  const say = texts.en;
  const { page, context } = await openPage(browser, [loket.origin], { reducedMotion: "reduce" });
  await page.goto(`${loket.origin}/?language=en`);
  await page.getByRole("button", { name: say.example_payout }).click();
  await page.locator("#sentences > span").first().waitFor();
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
  await context.close();
});

test("screen readers are told what happens", async () => {
  const say = texts.en;
  const { page, context } = await openPage(browser, [loket.origin]);
  await page.goto(`${loket.origin}/?language=en`);
  for (const id of ["search-status", "status", "methods-status", "article-status"]) {
    assert.equal(await page.locator(`#${id}`).getAttribute("role"), "status", id);
  }
  assert.equal(await page.locator("#sentences").getAttribute("aria-live"), "polite");
  assert.equal(await page.locator("#not-sent").getAttribute("role"), "alert");
  await page.getByRole("button", { name: say.example_payout }).click();
  await page.getByText(say.done, { exact: true }).waitFor();
  assert.match(await page.title(), new RegExp(`^${say.example_payout.replace("?", "\\?")} – ${say.title}$`));
  assert.equal(await page.locator("h1:visible").count(), 1);
  await page.getByRole("combobox", { name: say.language, exact: true }).selectOption("zh");
  await page.getByText(texts.zh.done, { exact: true }).or(page.locator("#status:not(.busy)")).first().waitFor();
  assert.equal(await page.getAttribute("html", "lang"), "zh");
  await context.close();
});

test("the nine languages fit a phone", async () => {
  for (const language of Object.keys(texts)) {
    const say = texts[language];
    const { page, context, faults } = await openPage(browser, [loket.origin], { viewport: { width: 320, height: 640 } });
    await page.goto(`${loket.origin}/?language=${language}`);
    await page.getByRole("textbox", { name: say.your_question, exact: true }).waitFor();
    await page.goto(`${loket.origin}/?language=${language}#/support`);
    await page.locator("#methods .choice").first().waitFor();
    const wide = await page.evaluate(() => document.scrollingElement.scrollWidth);
    assert.ok(wide <= 320, `${language} is ${wide} wide`);
    assert.deepEqual(await page.locator("[data-text]").evaluateAll((all) => all.filter((part) => !part.textContent).length), 0);
    assert.deepEqual(faults, []);
    await context.close();
  }
});
