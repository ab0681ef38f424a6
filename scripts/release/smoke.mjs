/**
 * Whether an installed package works on this machine: its addon loads, gets vectors over HTTP and lets the process end.
 * Runs on every platform that is released, where no gpu-service is at hand, so the host is a small server of its own.
 *
 * `node scripts/release/smoke.mjs PACKAGE` where PACKAGE is the folder it is installed in.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const { GpuBridge } = await import(pathToFileURL(resolve(join(process.argv[2], "index.js"))));

const server = createServer(async (request, response) => {
  const { texts } = request.method === "POST" ? JSON.parse(await read(request)) : {};
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(texts ? vectors(texts) : { status: "ok", device: "none" }));
}).listen(0, "127.0.0.1");
await once(server, "listening");

const bridge = new GpuBridge({ hosts: [{ url: `http://127.0.0.1:${server.address().port}`, name: "here" }] });
const answer = await bridge.embed({ texts: ["a", "abc"] });
assert.deepEqual(answer.embeddings, [[1, 0.5], [3, 0.5]]); // prettier-ignore
assert.equal((await bridge.health()).status, "ok");
await bridge.close();
server.close();
server.closeAllConnections();
console.log(`${process.platform} ${process.arch}, Node ${process.versions.node}: works`);

async function read(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function vectors(texts) {
  return { embeddings: texts.map((text) => [text.length, 0.5]), model: "lengths", dimensions: 2 };
}
