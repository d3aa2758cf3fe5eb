// Words of strangers, in questions, orders and articles: shown as they are written, run never, and nothing is fetched for
// them. (reliability, E7)

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch, openPage, shoot } from "./lib/browser.js";
import { startHost } from "./lib/host.js";
import { dataFolder, freePort, run, startLoket } from "./lib/loket.js";
import { startWebhook } from "./lib/receivers.js";
import { texts } from "./lib/texts.js";

const say = texts.en;
let browser;
let loket;
let webhook;
let host;
let trap;

// Counts every request that reaches it; nothing may.
async function startTrap() {
  const port = await freePort();
  const hits = [];
  const server = createServer((request, response) => {
    hits.push(request.url);
    response.end();
  });
  await new Promise((done) => server.listen(port, "127.0.0.1", done));
  return { origin: `http://127.0.0.1:${port}`, hits, stop: () => server.close() };
}

// Ways to run something or to fetch something; each would set `pwned` or reach the trap.
const payloads = (evil) => [
  `<img src=x onerror="window.pwned=1">`,
  `<img src="${evil}/img.png">`,
  `<script>window.pwned=2</script>`,
  `<script src="${evil}/s.js"></script>`,
  `</textarea><svg/onload=window.pwned=3>`,
  `<iframe src="javascript:parent.pwned=4"></iframe>`,
  `![pixel](${evil}/pixel.png)`,
  `[click me](javascript:window.pwned=5)`,
  `[click me](data:text/html,<script>window.pwned=6</script>)`,
  `[click me](JaVaScRiPt:window.pwned=7)`,
  `[click me]( javascript:window.pwned=7)`,
  `<javascript:window.pwned=8>`,
  `<a href="javascript:window.pwned=9">click me</a>`,
  `<style>@import "${evil}/style.css"; body { background: url(${evil}/css.png) }</style>`,
  `<link rel="stylesheet" href="${evil}/l.css"><meta http-equiv="refresh" content="0;url=${evil}/meta">`,
  `"><b onmouseover=window.pwned=10>x</b>`,
  `{{constructor.constructor('window.pwned=11')()}}`,
];

function hostileArticle(evil) {
  const lines = payloads(evil).map((payload) => `- ${payload}`);
  const cells = payloads(evil).slice(0, 4).map((payload) => `| ${payload.replaceAll("|", "\\|")} | safe |`);
  return `---
title: Parcel lockers <img src=x onerror="window.pwned=20">
url: javascript:window.pwned=21
---
# Parcel lockers <img src=x onerror="window.pwned=20">

You can pick up your parcel at a parcel locker within seven days. <img src=x onerror="window.pwned=22"> ![p](${evil}/q.png)

A parcel locker sends you a code by text message. <script>window.pwned=23</script>

## What a locker takes <script>window.pwned=24</script>

${lines.join("\n")}

> ${payloads(evil)[0]}

\`\`\`html
${payloads(evil)[2]}
\`\`\`

| what | ${payloads(evil)[0]} |
|---|---|
${cells.join("\n")}

See [the other page](${evil}/page "title\\" onmouseover=window.pwned=25"), [local](/v1/version), <${evil}/auto> and [reference].

[reference]: javascript:window.pwned=26
`;
}

before(async () => {
  trap = await startTrap();
  const kb = mkdtempSync(join(tmpdir(), "loket-hostile-"));
  mkdirSync(join(kb, "en"));
  writeFileSync(join(kb, "en", "parcel-lockers.md"), hostileArticle(trap.origin));
  writeFileSync(join(kb, "en", "fees.md"), "# What does selling cost?\n\nSellers pay a commission of twelve percent of the winning bid.\n");
  [browser, webhook, host] = await Promise.all([launch(), startWebhook(), startHost()]);
  loket = await startLoket({
    folder: dataFolder(kb),
    config: `[answer]\nmin_confidence = 0.0\n[server]\nallowed_origins = ["${host.origin}"]\n${webhook.config}`,
  });
});
after(async () => {
  await browser?.close();
  await loket?.stop();
  webhook?.stop();
  host?.stop();
  trap?.stop();
});

// Nothing that could run or fetch is in the document, nothing ran, and nobody was asked.
async function assertHarmless(page, frame, faults, where) {
  const found = await frame.evaluate(() => ({
    pwned: window.pwned,
    elements: [...document.querySelectorAll("img, svg, iframe, object, embed, style, base, meta[http-equiv], form[action], body link, script:not([src]):not([type='application/json'])")].map((element) => element.outerHTML),
    scripts: [...document.scripts].map((script) => script.src).filter((source) => source && new URL(source).origin !== location.origin),
    handlers: [...document.querySelectorAll("*")].filter((element) => [...element.attributes].some(({ name, value }) => name.startsWith("on") || (name === "style" && value !== ""))).map((element) => element.outerHTML),
    links: [...document.links].map((link) => link.href).filter((href) => !/^https?:/.test(href)),
  }));
  assert.deepEqual(found, { pwned: undefined, elements: [], scripts: [], handlers: [], links: [] }, where);
  assert.deepEqual(faults, [], where);
  assert.deepEqual(trap.hits, [], where);
}

test("hostile articles", async () => {
  const { page, context, faults } = await openPage(browser, [loket.origin]);
  await page.goto(`${loket.origin}/?language=en`);
  await page.getByRole("textbox", { name: say.your_question, exact: true }).pressSequentially("parcel locker", { delay: 10 });
  await page.locator("#hits a").first().waitFor();
  await page.locator("#hits").getByText("<img", { exact: false }).first().waitFor();
  await assertHarmless(page, page, faults, "search");
  await page.getByRole("textbox", { name: say.your_question, exact: true }).fill("How long can I pick up my parcel at a parcel locker?");
  await page.getByRole("textbox", { name: say.your_question, exact: true }).press("Enter");
  await page.locator("#sentences > span").first().waitFor();
  await page.locator("#status:not(.busy)").waitFor();
  await assertHarmless(page, page, faults, "answer");
  await shoot(page, "hostile-answer");
  await page.locator("#sentences sup a").first().click();
  await page.locator("mark").first().waitFor();
  await assertHarmless(page, page, faults, "article");
  await shoot(page, "hostile-article");
  // What cannot be a link is text; what is tried to be clicked does nothing.
  for (const link of await page.getByText("click me").all()) await link.click({ timeout: 2_000 }).catch(() => {});
  assert.ok((await page.locator("#article-text").textContent()).includes('<script>window.pwned=2</script>'), "markup is shown as text");
  await assertHarmless(page, page, faults, "clicks");
  await context.close();
});

test("hostile questions, orders and conversations, in the page and in the packet", async () => {
  const all = payloads(trap.origin);
  const question = `How long is a parcel locker open for me? ${all.join(" ")}`;
  const note = `\u001b]52;c;cHduZWQ=\u0007 =cmd|' /C calc'!A0 ${all.join("\n")}`;
  const subjects = [{ kind: "order", id: `"><img src=x onerror=window.pwned=30>`, label: all[0], facts: { status: all[2] } }, { kind: all[1].slice(0, 40), label: all[4] }];
  const { page, context, faults } = await openPage(browser, [loket.origin]);
  await page.route(`${loket.origin}/?*`, async (route) => {
    const reply = await route.fetch();
    const element = '<script type="application/json" id="loket-context">';
    // As a careful site writes it: `<` is escaped in JSON that stands in HTML.
    await route.fulfill({ response: reply, body: (await reply.text()).replace(element, () => element + JSON.stringify({ subjects }).replaceAll("<", "\\u003c")) });
  });
  await page.goto(`${loket.origin}/?language=en`);
  await page.getByRole("heading", { name: say.your_orders }).waitFor();
  await assertHarmless(page, page, faults, "pick");
  await shoot(page, "hostile-pick");
  await page.getByRole("button").filter({ hasText: all[0] }).first().click();
  await assertHarmless(page, page, faults, "chosen");
  await page.locator("#chosen").getByRole("link").click();
  await page.locator("#pick-other").click();
  await page.getByRole("textbox", { name: say.your_question, exact: true }).fill(question);
  await page.getByRole("textbox", { name: say.your_question, exact: true }).press("Enter");
  await page.locator("#status:not(.busy)").waitFor();
  assert.equal(await page.locator("#answer-heading").textContent(), question);
  await assertHarmless(page, page, faults, "answer");
  await page.locator("#answer").getByRole("link", { name: say.talk }).click();
  await page.locator("#methods .choice").first().waitFor();
  const share = page.getByRole("checkbox", { name: say.share });
  const isShared = await share.isVisible();
  if (isShared) {
    await share.check();
    await page.getByText(say.share_show).click();
  }
  await page.getByRole("textbox", { name: say.your_email, exact: true }).fill("hostile@example.com");
  await page.getByRole("textbox", { name: say.note, exact: true }).fill(note);
  await assertHarmless(page, page, faults, "support");
  await page.getByRole("button", { name: say.send_request }).click();
  await page.getByRole("heading", { name: say.sent }).waitFor();
  await assertHarmless(page, page, faults, "sent");
  const reference = await page.locator("#sent-reference").textContent();
  const { event } = await webhook.take(({ event: got }) => got?.data.id === reference);
  // Delivered as data: the words are there, what terminals obey is not.
  assert.equal(event.data.question, question);
  assert.ok(event.data.note.includes("<script>window.pwned=2</script>"));
  assert.ok(!/[\u0000-\u0008\u000b-\u001f\u007f\u009b]/.test(JSON.stringify(Object.values(event.data)).replace(/\\n/g, "")), event.data.note);
  const shown = run("--data-dir", loket.folder, "handoff", "show", reference);
  assert.ok(!/[\u0007\u001b]/.test(shown), "the command line shows no control characters");
  await context.close();
});

test("hostile data handed to the widget", async () => {
  host.help = loket.origin;
  const all = payloads(trap.origin);
  const subjects = all.map((payload, index) => ({ kind: index % 2 ? "order" : payload.slice(0, 30), id: payload, label: payload, facts: { status: payload } }));
  const { page, context, faults } = await openPage(browser, [host.origin, loket.origin]);
  await page.goto(host.origin);
  await page.locator("loket-widget .open").waitFor();
  await page.evaluate((given) => window.Loket.update({ subjects: given, token: "<script>", audience: "seller", language: "en" }), subjects);
  await page.locator("loket-widget .open").click();
  await page.frameLocator("loket-widget iframe").locator("h1:visible").waitFor();
  const frame = page.frames().find((each) => each.url().includes("?embedded"));
  await page.evaluate(() => window.Loket.update({ subjects: [null, 7, "x", { kind: 5 }, { kind: "order" }, { kind: "order", id: {}, label: [] }, [], { kind: "order", id: "fine" }], language: "<b>", audience: {} }));
  await frame.getByRole("button", { name: /fine/ }).waitFor();
  await assertHarmless(page, frame, faults, "widget");
  // Another window's messages, and messages that are no objects, are not heard.
  await frame.evaluate(() => {
    for (const data of [null, "context", 7, { loket: "context", context: { subjects: [{ kind: "order", id: "forged" }] } }]) window.postMessage(data, "*");
  });
  await page.waitForTimeout(300);
  assert.equal(await frame.getByRole("button", { name: /forged/ }).count(), 0);
  await context.close();
});
