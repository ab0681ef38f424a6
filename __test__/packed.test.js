import { createServer } from "node:http";
import { once } from "node:events";
import { json } from "node:stream/consumers";
import test from "ava";
import { GpuBridge } from "../index.js";
import { packed } from "../lib/packed.js";

/** What tells one text from another: its length, and the sum of its units, each by its place. */
const mark = (text) => [
  text.length,
  [...text].reduce((sum, letter, place) => (sum + (place + 1) * letter.codePointAt(0)) % 65_521, 0),
];

/** Ends with half a pair where the next one begins with the other half. */
const PIECES = ["plain", "", "a\ud83d", "\ude00b", "🚀", "\ud800", "東京", "a\u0000b", "\udc00", "naïve"];
const TEXTS = Array.from({ length: 700 }, (_, index) => PIECES[index % PIECES.length]);

async function markingHost(t) {
  const server = createServer(async (request, response) => {
    const answer =
      request.method === "POST"
        ? {
            embeddings: (await json(request)).texts.map(mark),
            model: "m",
            dimensions: 2,
            usage: { tokens: 9 },
          }
        : { status: "ok", device: "cpu" };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.teardown(() => (server.close(), server.closeAllConnections()));
  return `http://127.0.0.1:${server.address().port}`;
}

test("many texts reach the host one by one, in order, with lone surrogates replaced", async (t) => {
  t.truthy(packed(TEXTS));
  const bridge = new GpuBridge({ url: await markingHost(t) });
  t.teardown(() => bridge.close());
  const { embeddings } = await bridge.embed({ texts: TEXTS });
  t.deepEqual(
    embeddings,
    TEXTS.map((text) => mark(text.toWellFormed())),
  );
});

test("few texts and long ones cross as they are", (t) => {
  t.is(packed(TEXTS.slice(0, 100)), undefined);
  t.is(packed(Array(500).fill("x".repeat(10_000))), undefined);
});
