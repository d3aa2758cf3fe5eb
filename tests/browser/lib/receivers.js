// Where hand-offs arrive: an HTTP endpoint that verifies signatures as standardwebhooks.com has it, and a mail server.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Webhook } from "standardwebhooks";
import { freePort } from "./loket.js";

export const WEBHOOK_SECRET = `whsec_${Buffer.from("a secret of the browser tests only").toString("base64")}`;

// Things that arrive, each taken once by what it must satisfy.
function inbox() {
  const arrived = [];
  const waiting = new Set();
  return {
    put(item) {
      arrived.push(item);
      for (const look of waiting) look();
    },
    take(isWanted, patience = 20_000) {
      return new Promise((done, failed) => {
        const late = setTimeout(() => {
          waiting.delete(look);
          failed(new Error(`nothing fitting arrived; there is ${JSON.stringify(arrived).slice(0, 2000)}`));
        }, patience);
        const look = () => {
          const at = arrived.findIndex(isWanted);
          if (at < 0) return;
          clearTimeout(late);
          waiting.delete(look);
          done(arrived.splice(at, 1)[0]);
        };
        waiting.add(look);
        look();
      });
    },
  };
}

export async function startWebhook() {
  const box = inbox();
  const judge = new Webhook(WEBHOOK_SECRET);
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request.setEncoding("utf8")) body += part;
    try {
      box.put({ event: judge.verify(body, request.headers), headers: request.headers });
      response.writeHead(204).end();
    } catch (error) {
      box.put({ error: String(error) });
      response.writeHead(400).end();
    }
  });
  const port = await freePort();
  await new Promise((done) => server.listen(port, "127.0.0.1", done));
  const config = `[support.destinations.desk.via]\ntype = "webhook"\nurl = "http://127.0.0.1:${port}/loket"\nsecret = "${WEBHOOK_SECRET}"\nallow = ["127.0.0.1"]\n`;
  return { ...box, config, stop: () => server.close() };
}

// A certificate authority of a day, and a certificate of it for `localhost`.
function certificate() {
  const folder = mkdtempSync(join(tmpdir(), "loket-mail-"));
  const file = (name) => join(folder, name);
  const openssl = (...args) => execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...key, "-keyout", file("ca.key"), "-out", file("ca.pem"), "-days", "1", "-subj", "/CN=Test authority", "-addext", "basicConstraints=critical,CA:TRUE");
  openssl("req", ...key, "-keyout", file("mail.key"), "-out", file("mail.csr"), "-subj", "/CN=localhost");
  writeFileSync(file("names"), "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n");
  openssl("x509", "-req", "-in", file("mail.csr"), "-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-CAcreateserial", "-out", file("mail.pem"), "-days", "1", "-extfile", file("names"));
  return { authority: file("ca.pem"), certificate: file("mail.pem"), key: file("mail.key") };
}

// aiosmtpd, which takes mail only over STARTTLS and from the user below.
export async function startMail() {
  const box = inbox();
  const files = certificate();
  const port = await freePort();
  const child = spawn(process.env.PYTHON ?? "python3", [join(import.meta.dirname, "mail.py"), String(port), files.certificate, files.key], { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  await new Promise((done, failed) => {
    lines.on("line", (line) => (line === "ready" ? done() : box.put(JSON.parse(line))));
    child.once("exit", (code) => failed(new Error(`the mail server ended with ${code}`)));
  });
  const config = `[support.destinations.mail.via]\ntype = "smtp"\nhost = "localhost"\nport = ${port}\nsecurity = "starttls"\nuser = "loket"\npassword = "of the tests"\nfrom = "Help center <no-reply@help.example>"\nto = "team@help.example"\nca_file = "${files.authority}"\n`;
  return { ...box, config, stop: () => child.kill() };
}
