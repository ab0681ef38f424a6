/** A thousand worker threads are ended in the middle of their bridges' lives, and nothing of them is left. */
import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import test from "ava";
import { runNode } from "./support/script.js";

const SCRIPT = fileURLToPath(new URL("support/doomed_workers.js", import.meta.url));
/** Megabytes that nine hundred workers may leave behind: far less than a bridge has. */
const LEFT = 150;

test.serial("a thousand workers that are ended at random leave nothing behind", async (t) => {
  t.timeout(600_000);
  const seed = Number(process.env.WORKERS_SEED ?? Math.floor(Math.random() * 2 ** 32));
  t.log(`seed ${seed}`);
  const { server, hosts } = await slowHosts();
  const { output, errors, code, signal } = await runNode([SCRIPT, JSON.stringify(hosts), `${seed}`]);
  server.close();
  server.closeAllConnections();
  t.deepEqual({ code, signal, errors }, { code: 0, signal: null, errors: "" });
  const { grown } = JSON.parse(output);
  t.log(`${grown.toFixed(0)} MB more after 900 workers`);
  t.true(grown < LEFT, `${grown} MB`);
});

/** Two hosts that are well, answer every third request for vectors and leave the others waiting. */
async function slowHosts() {
  let asked = 0;
  const server = createServer(async (request, response) => {
    const body = await text(request).catch(() => "");
    if (request.url.endsWith("/health")) return response.end('{"status":"ok","device":"scripted"}');
    if (request.url.endsWith("/info")) return response.writeHead(404).end();
    if (request.url.endsWith("/embed") && (asked += 1) % 3 === 0)
      response.end(vectors(JSON.parse(body).texts.length));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${server.address().port}`;
  return { server, hosts: ["a", "b"].map((name) => ({ name, url: `${url}/${name}` })) };
}

const vectors = (count) =>
  JSON.stringify({ embeddings: Array(count).fill([0.5, 0.5]), model: "m", dimensions: 2 });
