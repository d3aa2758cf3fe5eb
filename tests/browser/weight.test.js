// What a first visit costs: everything the page needs, compressed as it is sent, from this service alone.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { launch, openPage } from "./lib/browser.js";
import { startLoket } from "./lib/loket.js";

const MOST_BYTES = 100 * 1024;

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

test("a first visit takes at most 100 KB", async (t) => {
  const { page, context, faults } = await openPage(browser, [loket.origin]);
  const network = await context.newCDPSession(page);
  await network.send("Network.enable");
  const sent = new Map();
  const types = new Map();
  network.on("Network.responseReceived", ({ requestId, response }) => types.set(requestId, response));
  network.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => sent.set(requestId, encodedDataLength));
  const bodies = [];
  page.on("response", (response) => bodies.push(response.body().catch(() => Buffer.alloc(0))));
  await page.goto(loket.origin, { waitUntil: "networkidle" });
  const onTheWire = [...sent.values()].reduce((sum, bytes) => sum + bytes, 0);
  const gzipped = (await Promise.all(bodies)).reduce((sum, body) => sum + gzipSync(body, { level: 9 }).length, 0);
  t.diagnostic(`${sent.size} files, ${onTheWire} bytes as sent with headers, ${gzipped} bytes of bodies after gzip -9`);
  assert.ok(sent.size > 15, `${sent.size} files`);
  assert.ok(onTheWire <= MOST_BYTES, `${onTheWire} bytes`);
  assert.deepEqual(faults, []);
  await context.close();
});

test("the widget is one small file that asks for nothing until it is opened", async (t) => {
  const script = await (await fetch(`${loket.origin}/widget.js`)).text();
  const size = gzipSync(script, { level: 9 }).length;
  t.diagnostic(`${size} bytes after gzip -9`);
  assert.ok(size <= 5 * 1024, `${size} bytes`);
});
