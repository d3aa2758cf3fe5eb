// A customer's whole way, in three languages: ask, read, open a citation, talk to support; and what the team receives.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, openPage, shoot } from "./lib/browser.js";
import { startLoket } from "./lib/loket.js";
import { startMail, startWebhook } from "./lib/receivers.js";
import { texts } from "./lib/texts.js";

let browser;
let loket;
let webhook;
let mail;

before(async () => {
  [browser, webhook, mail] = await Promise.all([launch(), startWebhook(), startMail()]);
  loket = await startLoket({ config: `${webhook.config}\n${mail.config}` });
});
after(async () => {
  await browser?.close();
  await loket?.stop();
  webhook?.stop();
  mail?.stop();
});

const journeys = [
  { language: "nl", locale: "nl-NL", typed: "uitbetaald", asked: "Wanneer word ik uitbetaald?", note: "Het gaat om mijn verkoop van vorige week." },
  { language: "zh", locale: "zh-CN", typed: "收到货款", asked: "我什么时候能收到货款？", note: "是我上周卖出的手表。" },
  { language: "en", locale: "en-GB", typed: "payout", asked: "When do I get my payout?", note: "It is about last week’s sale." },
];

for (const { language, locale, typed, asked, note } of journeys) {
  test(`from a question to a person, in ${language}`, async () => {
    const say = texts[language];
    const { page, context, faults } = await openPage(browser, [loket.origin], { locale });
    await page.goto(loket.origin);
    await page.waitForSelector("#ask-heading:visible");
    assert.equal(await page.getAttribute("html", "lang"), language, "the browser's language");
    await shoot(page, `${language}-1-ask`);

    // Articles appear while typing.
    await page.getByRole("textbox", { name: say.your_question, exact: true }).pressSequentially(typed, { delay: 15 });
    await page.locator("#hits a").first().waitFor();
    await page.getByRole("combobox", { name: say.audience, exact: true }).selectOption("seller");
    await shoot(page, `${language}-2-search`);

    // The answer comes in checked sentences, says what it is, and shows where each comes from.
    await page.getByRole("textbox", { name: say.your_question, exact: true }).fill(asked);
    await page.getByRole("textbox", { name: say.your_question, exact: true }).press("Enter");
    await page.getByText(say.done, { exact: true }).waitFor();
    assert.equal(await page.locator("#answer-heading").textContent(), asked);
    await page.getByText(say.ai_notice).waitFor();
    const sentences = await page.locator("#sentences > span").count();
    assert.ok(sentences >= 1);
    assert.ok((await page.locator("#sentences sup a").count()) >= sentences, "a sentence without a source");
    await shoot(page, `${language}-3-answer`);

    // A citation opens the article at the quoted place, which is marked, in view and has the focus.
    const quote = (await page.locator("#citations blockquote").first().textContent()).trim();
    await page.locator("#sentences sup a").first().click();
    const mark = page.locator("#article-text mark").first();
    await mark.waitFor();
    const marked = (await page.locator("#article-text mark").allTextContents()).join("");
    const letters = (text) => text.replace(/[^\p{L}\p{N}]/gu, "");
    assert.ok(letters(quote).includes(letters(marked)) || letters(marked).includes(letters(quote)), `${marked} is not ${quote}`);
    assert.ok(await mark.evaluate((element) => element === document.activeElement));
    const box = await mark.boundingBox();
    assert.ok(box.y >= 0 && box.y < page.viewportSize().height, "the quoted place is not in view");
    await page.getByText(say.helpful_article).waitFor();
    await shoot(page, `${language}-4-article`);
    await page.getByRole("group", { name: say.helpful_article }).getByRole("button", { name: say.yes, exact: true }).click();
    await page.getByText(say.thanks).waitFor();

    // Back to the answer, where the focus was; from there to support.
    await page.locator("#article").getByRole("button", { name: say.back }).click();
    await page.locator("#answer-heading:visible").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.closest("sup") !== null), true);
    await page.locator("#answer").getByRole("link", { name: say.talk }).click();
    await page.getByRole("heading", { name: say.how }).or(page.getByText(say.how)).first().waitFor();

    // Advice stands first; every way says when it is open; e-mail always is.
    const advice = page.locator("#advice-list li");
    await advice.first().waitFor();
    const order = await page.evaluate(() => document.querySelector("#advice").compareDocumentPosition(document.querySelector("#methods")));
    assert.equal(order & 4, 4, "advice stands before the ways to a person");
    const ways = await page.locator("#methods .choice").allTextContents();
    assert.ok(ways.some((way) => way.includes(say.email) && way.includes(say.always_open)), ways.join(" | "));
    assert.ok(ways.every((way) => /\S/.test(way)));
    await page.getByRole("radio", { name: say.email }).check();

    // What is missing is said at its field, which gets the focus.
    await page.getByRole("button", { name: say.send_request }).click();
    await page.getByText(say.missing_email).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), "email");

    const address = `klant+${language}@example.com`;
    await page.getByRole("textbox", { name: say.your_email, exact: true }).fill(address);
    await page.getByRole("textbox", { name: say.note, exact: true }).fill(note);
    await page.getByRole("checkbox", { name: say.share }).check();
    await shoot(page, `${language}-5-support`);
    await page.getByRole("button", { name: say.send_request }).click();
    await page.getByRole("heading", { name: say.sent }).waitFor();
    const reference = await page.locator("#sent-reference").textContent();
    assert.match(reference, /^esc_[0-9A-Za-z]{20,}$/);
    assert.ok((await page.locator("#sent-next").textContent()).length > 10);
    assert.ok((await page.locator("#sent-contact").textContent()).includes(address));
    assert.equal(await page.evaluate(() => document.activeElement.id), "sent-heading");
    await shoot(page, `${language}-6-sent`);

    // The webhook is signed, and holds what was written.
    const { event, headers } = await webhook.take(({ event: got }) => got?.data.id === reference);
    assert.equal(headers["webhook-id"], reference);
    const { data } = event;
    assert.equal(data.question, asked);
    assert.equal(data.language, language);
    assert.equal(data.method, "email");
    assert.equal(data.contact.email, address);
    assert.equal(data.note, note);
    assert.match(data.answer_id, /^ans_/);
    assert.ok(data.tried.length >= 1);
    assert.equal(data.conversation[0].text, asked);
    assert.equal(data.conversation[1].role, "assistant");

    // The mail came over TLS, from who may send, and can be replied to.
    const letter = await mail.take(({ subject }) => subject?.includes(reference));
    assert.equal(letter.tls, true);
    assert.equal(letter.user, "loket");
    assert.equal(letter.type, "text/plain");
    assert.deepEqual(letter.to, ["team@help.example"]);
    assert.equal(letter.reply_to, address);
    assert.ok(letter.text.includes(asked) && letter.text.includes(note), letter.text);

    await delivered(reference, 2);
    assert.deepEqual(faults, []);
    await context.close();
  });
}

// A receiver has a hand-off a moment before the service has its reply.
async function delivered(reference, destinations) {
  for (const until = Date.now() + 10_000; ; ) {
    const { deliveries } = await (await fetch(`${loket.origin}/v1/escalations/${reference}`)).json();
    const states = deliveries.map(({ status }) => status);
    if (states.every((state) => state === "delivered")) return assert.equal(states.length, destinations);
    assert.ok(Date.now() < until, states.join());
    await new Promise((done) => setTimeout(done, 100));
  }
}

test("a conversation is sent along only with the customer's consent", async () => {
  const say = texts.en;
  const { page, context, faults } = await openPage(browser, [loket.origin], { locale: "en-GB" });
  await page.goto(`${loket.origin}/?language=en`);
  await page.getByRole("textbox", { name: say.your_question, exact: true }).fill("When do I get my payout?");
  await page.getByRole("textbox", { name: say.your_question, exact: true }).press("Enter");
  await page.getByText(say.done, { exact: true }).waitFor();
  await page.locator("#answer").getByRole("link", { name: say.talk }).click();
  assert.equal(await page.getByRole("checkbox", { name: say.share }).isChecked(), false);
  await page.getByRole("textbox", { name: say.your_email, exact: true }).fill("quiet@example.com");
  await page.getByRole("button", { name: say.send_request }).click();
  await page.getByRole("heading", { name: say.sent }).waitFor();
  const reference = await page.locator("#sent-reference").textContent();
  const { event } = await webhook.take(({ event: got }) => got?.data.id === reference);
  assert.equal(event.data.question, "When do I get my payout?");
  assert.deepEqual(event.data.conversation, []);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a follow-up is asked in the conversation, and a no asks what was missing", async () => {
  const say = texts.en;
  const { page, context, faults } = await openPage(browser, [loket.origin], { locale: "en-GB" });
  await page.goto(`${loket.origin}/?language=en`);
  await page.getByRole("button", { name: say.example_payout }).click();
  await page.getByText(say.done, { exact: true }).waitFor();
  const group = page.getByRole("group", { name: say.helpful, exact: true });
  await group.getByRole("button", { name: say.no, exact: true }).click();
  await page.getByRole("textbox", { name: say.missing, exact: true }).fill("The bank’s own days");
  await page.getByRole("button", { name: say.send, exact: true }).click();
  await page.getByText(say.thanks).waitFor();
  await page.getByRole("textbox", { name: say.follow_up, exact: true }).fill("And on Sundays?");
  const [request] = await Promise.all([
    page.waitForRequest((sent) => sent.url().endsWith("/v1/answers")),
    page.getByRole("textbox", { name: say.follow_up, exact: true }).press("Enter"),
  ]);
  const { conversation } = request.postDataJSON();
  assert.deepEqual(conversation.map(({ role }) => role), ["user", "assistant"]);
  assert.equal(conversation[0].text, say.example_payout);
  await page.getByText(say.earlier).click();
  await page.locator("#turns").getByText(say.example_payout).waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});
