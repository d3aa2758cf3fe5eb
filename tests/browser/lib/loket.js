// The real binary, serving one help center for one test file.

import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const REPOSITORY = resolve(import.meta.dirname, "../../..");

function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; start the tests with \`bash tests/browser/run\``);
  return value;
}

export function freePort() {
  return new Promise((done, failed) => {
    const probe = createServer().once("error", failed);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}

export function run(...args) {
  const { status, stdout, stderr } = spawnSync(setting("LOKET_BIN"), args, { cwd: REPOSITORY, encoding: "utf8" });
  if (status !== 0) throw new Error(`loket ${args.join(" ")} ended with ${status}:\n${stderr}`);
  return stdout;
}

// A data folder with a copy of the sample's index, or with an index of its own over `kb`.
export function dataFolder(kb) {
  const folder = mkdtempSync(join(tmpdir(), "loket-browser-"));
  if (kb) run("--data-dir", folder, "--offline", "index", "--kb", kb);
  else cpSync(join(setting("SAMPLE_DATA"), "index"), join(folder, "index"), { recursive: true });
  return folder;
}

// Starts a service; `config` is TOML beside what all tests want. `stop()` ends it and removes its folder.
export async function startLoket({ folder = dataFolder(), config = "", port } = {}) {
  port ??= await freePort();
  const settings = join(folder, "loket.toml");
  writeFileSync(settings, `[models]\nwriter = "none"\noffline = true\n${config}`);
  const args = ["--config", settings, "--data-dir", folder, "serve", "--bind", `127.0.0.1:${port}`];
  const child = spawn(setting("LOKET_BIN"), args, { cwd: REPOSITORY, stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr.on("data", (text) => (log += text));
  const origin = `http://127.0.0.1:${port}`;
  const ended = new Promise((done) => child.once("exit", done));
  await ready(`${origin}/readyz`, child, () => log);
  return {
    origin,
    folder,
    log: () => log,
    async stop({ keep = false } = {}) {
      child.kill("SIGTERM");
      await ended;
      if (!keep) rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function ready(address, child, log) {
  for (const until = Date.now() + 60_000; Date.now() < until; ) {
    if (child.exitCode !== null) break;
    const reply = await fetch(address).catch(() => undefined);
    if (reply?.ok) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  child.kill("SIGKILL");
  throw new Error(`the service did not get ready:\n${log()}`);
}
