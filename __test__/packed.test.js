import { createServer } from "node:http";
import { once } from "node:events";
import { json } from "node:stream/consumers";
import test from "ava";
import { GpuBridge } from "../index.js";
import { areFew, pack } from "../lib/packed.js";

/** What tells one text from another: its length, and the sum of its units, each by its place. */
const mark = (text) => [
  text.length,
  [...text].reduce((sum, letter, place) => (sum + (place + 1) * letter.codePointAt(0)) % 65_521, 0),
];

/** Ends with half a pair where the next one begins with the other half. */
const PIECES = ["plain", "", "a\ud83d", "\ude00b", "🚀", "\ud800", "東京", "a\u0000b", "\udc00", "naïve"];
const TEXTS = Array.from({ length: 3000 }, (_, index) => PIECES[index % PIECES.length]);

const ANSWERS = {
  "/embed": ({ texts }) => ({ embeddings: texts.map(mark), model: "m", dimensions: 2, usage: { tokens: 9 } }),
  "/bertscore": ({ candidates, references }) => ({
    precision: candidates.map((text) => mark(text)[1]),
    recall: references.map((texts) => texts.length),
    f1: references.map((texts) => mark(texts.join("|"))[1]),
    model: "m",
  }),
  "/rerank": ({ documents }) => ({
    results: documents.map((text, index) => ({ index, relevance_score: mark(text)[1] })),
    model: "m",
    usage: { tokens: 9 },
  }),
};

async function markingHost(t) {
  const server = createServer(async (request, response) => {
    const answer = ANSWERS[request.url]?.(await json(request)) ?? { status: "ok", device: "cpu" };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.teardown(() => (server.close(), server.closeAllConnections()));
  return `http://127.0.0.1:${server.address().port}`;
}

test("many texts reach the host one by one, in order, with lone surrogates replaced", async (t) => {
  const bridge = new GpuBridge({ url: await markingHost(t) });
  t.teardown(() => bridge.close());
  const { embeddings } = await bridge.embed({ texts: TEXTS });
  t.deepEqual(
    embeddings,
    TEXTS.map((text) => mark(text.toWellFormed())),
  );
});

test("many candidates and their lists of references stay together", async (t) => {
  const bridge = new GpuBridge({ url: await markingHost(t) });
  t.teardown(() => bridge.close());
  const references = TEXTS.map((_, index) => TEXTS.slice(index % 7, (index % 7) + 1 + (index % 3)));
  const { precision, recall, f1 } = await bridge.bertscore({ candidates: TEXTS, references });
  const wellFormed = references.map((texts) => texts.map((text) => text.toWellFormed()));
  const [own, counts] = [
    TEXTS.map((text) => mark(text.toWellFormed())[1]),
    references.map((texts) => texts.length),
  ];
  t.deepEqual([precision, recall], [own, counts]);
  t.deepEqual(
    f1,
    wellFormed.map((texts) => mark(texts.join("|"))[1]),
  );
});

test("many documents are ranked, bare and wrapped", async (t) => {
  const bridge = new GpuBridge({ url: await markingHost(t) });
  t.teardown(() => bridge.close());
  const documents = TEXTS.map((text, index) => (index % 2 ? text : { text }));
  const { results } = await bridge.rerank({ query: "q", documents });
  const scores = Array(TEXTS.length);
  for (const { index, relevance_score } of results) scores[index] = relevance_score;
  t.deepEqual(
    scores,
    TEXTS.map((text) => mark(text.toWellFormed())[1]),
  );
});

test("a list that changes while it is handed over reaches the host as it was", async (t) => {
  const bridge = new GpuBridge({ url: await markingHost(t) });
  t.teardown(() => bridge.close());
  const texts = Array.from({ length: 3000 }, (_, index) => `text ${index}`);
  const marks = texts.map(mark);
  const answer = bridge.embed({ texts });
  texts.fill("something else").length = 1500;
  t.deepEqual((await answer).embeddings, marks);
});

/** Lists whose entries, iteration or methods are not a plain list's, as frameworks that watch data hand them around. */
const ODD_LISTS = {
  "a proxy": (texts) => new Proxy(texts, {}),
  "a list of its own class": (texts) => class extends Array {}.from(texts),
  "a list of its own methods": (texts) => Object.assign(texts, { findIndex: () => 0, slice: () => ["no"] }),
  "a list that says something else each time": (texts) => {
    let looks = 0;
    return Object.defineProperty(texts, 1, { get: () => (looks++ === 0 ? "first" : looks) });
  },
};

for (const [name, odd] of Object.entries(ODD_LISTS)) {
  for (const count of [3, 300]) {
    test(`${name} is sent as it was checked, ${count} texts`, async (t) => {
      const bridge = new GpuBridge({ url: await markingHost(t) });
      t.teardown(() => bridge.close());
      const { embeddings } = await bridge.embed({ texts: odd(TEXTS.slice(0, count)) });
      const plain = [...odd(TEXTS.slice(0, count))];
      t.deepEqual(
        embeddings,
        plain.map((text) => mark(text.toWellFormed())),
      );
    });
  }
}

test("few texts cross as they are, many or long ones in blocks", async (t) => {
  t.true(areFew(Array(255).fill("x".repeat(500))));
  t.false(areFew(Array(256).fill("x")));
  t.false(areFew(Array(3).fill("x".repeat(100_000))));
  t.deepEqual(await blocks(Array(2500).fill("x")), [1024, 1024, 452]);
  t.deepEqual(await blocks(["x".repeat(300_000), "", "y", "z".repeat(200_000), "z"]), [1, 3, 1]);
});

test("the event loop has its turn between two blocks, also those of different lists", async (t) => {
  const events = [];
  const turn = () => events.push("turn") < 20 && setImmediate(turn);
  setImmediate(turn);
  await pack([Array(2048).fill("x"), Array(2048).fill("x")], recorder(events));
  t.deepEqual(events.slice(0, 7), [1024, "turn", 1024, "turn", 1024, "turn", 1024]);
});

async function blocks(texts) {
  const lengths = [];
  await pack([texts], recorder(lengths));
  return lengths;
}

/** Stands in for the addon's class; says how many texts each block has. */
const recorder = (events) =>
  class {
    add(joined, lengths) {
      if (joined.length !== lengths.reduce((sum, length) => sum + length, 0))
        throw new Error("The lengths are wrong.");
      events.push(lengths.length);
    }
  };
