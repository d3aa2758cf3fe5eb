// Another site: the example of the documents, under a policy that allows the script and the frame and nothing else.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { freePort } from "./loket.js";

const EXAMPLE = readFileSync(join(import.meta.dirname, "../../../docs/embedding-example.html"), "utf8");

export const policy = (help) => [
  "default-src 'none'",
  `script-src ${help}`,
  `frame-src ${help}`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

// On `localhost`, while the service is on 127.0.0.1: another origin, and another site. `change` edits the example.
export async function startHost(port = undefined) {
  port ??= await freePort();
  const site = { origin: `http://localhost:${port}`, help: "", change: (html) => html };
  const server = createServer((request, response) => {
    if (request.url !== "/") return response.writeHead(204).end();
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.setHeader("Content-Security-Policy", policy(site.help));
    return response.end(site.change(EXAMPLE.replaceAll("https://help.example", site.help)));
  });
  await new Promise((done) => server.listen(port, "localhost", done));
  return Object.assign(site, { stop: () => server.close() });
}
