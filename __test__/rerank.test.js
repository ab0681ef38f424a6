/** Reranking through the whole chain, on a small model whose scores the reference has given. */
import { delimiter } from "node:path";
import test from "ava";
import { GpuBridge } from "../index.js";
import { models } from "../scripts/run/paths.mjs";
import { readGolden, writeModel } from "./support/cross_encoder.js";
import { configOf, startPair, stopHosts } from "./support/gpu_service.js";
import { sentences } from "./support/texts.js";

const MODEL = "tiny/reranker";
const golden = readGolden("bert");
const model = writeModel(golden, MODEL);
const path = [model.folder, process.env.GPU_MODEL_PATH ?? models].join(delimiter);
const hosts = await startPair({
  env: { GPU_MODEL_PATH: path, MODEL_RERANK: MODEL, GPU_MAX_BATCH_SIZE: "100" },
});
const bridge = new GpuBridge(configOf(hosts));
test.after.always(async () => {
  await bridge.close();
  await stopHosts(hosts);
  model.remove();
});

const byIndex = ({ results }) =>
  results.toSorted((a, b) => a.index - b.index).map(({ relevance_score }) => relevance_score);

function near(t, actual, expected) {
  t.is(actual.length, expected.length);
  for (const [index, number] of expected.entries()) {
    t.true(Math.abs(actual[index] - number) <= 1e-5, `${index}: ${actual[index]} is not ${number}`);
  }
}

function bestFirst(t, { results }) {
  const inOrder = (a, b) =>
    a.relevance_score > b.relevance_score || (a.relevance_score === b.relevance_score && a.index < b.index);
  t.true(results.slice(1).every((result, index) => inOrder(results[index], result)));
}

const queries = new Set(golden.pairs.map(([query]) => query).filter(Boolean));

for (const query of queries) {
  test(`the scores for ${JSON.stringify(query.slice(0, 40))} equal the reference's`, async (t) => {
    const pairs = [...golden.pairs.keys()].filter((index) => golden.pairs[index][0] === query);
    const documents = pairs.map((index) => golden.pairs[index][1]);
    const lengths = pairs.map((index) => golden.ids[index].length);
    for (const [raw_scores, expected] of [
      [false, golden.scores],
      [true, golden.logits],
    ]) {
      const answer = await bridge.rerank({ query, documents, raw_scores });
      near(
        t,
        byIndex(answer),
        pairs.map((index) => expected[index]),
      );
      bestFirst(t, answer);
      t.is(answer.model, MODEL);
      t.is(
        answer.usage.tokens,
        lengths.reduce((a, b) => a + b),
      );
      t.deepEqual(
        answer.truncated,
        [...lengths.keys()].filter((index) => lengths[index] === golden.max_length),
      );
    }
  });
}

test("the best few come with their texts where asked, equals in their order", async (t) => {
  const documents = ["the dog", { text: "a cat sat" }, "the dog", "no"];
  const all = await bridge.rerank({ query: "a cat", documents });
  t.is(all.results.length, 4);
  t.deepEqual(
    all.results.map(({ document }) => document),
    Array(4).fill(undefined),
  );
  bestFirst(t, all);
  const few = await bridge.rerank({ query: "a cat", documents, top_n: 3, return_documents: true });
  const text = (index) => documents[index].text ?? documents[index];
  t.deepEqual(
    few.results.map(({ index, document }) => [index, document.text]),
    all.results.slice(0, 3).map(({ index }) => [index, text(index)]),
  );
});

test("a call of more documents than a host takes is cut, and its answer is that of single documents", async (t) => {
  const documents = sentences(250);
  const told = [];
  const onProgress = (progress) => told.push(progress);
  const answer = await bridge.rerank({ query: "winter garden", documents }, { onProgress });
  t.true(told.length >= 3);
  t.is(told.at(-1).done, 250);
  bestFirst(t, answer);
  const scores = byIndex(answer);
  for (const index of [0, 99, 100, 249]) {
    const single = await bridge.rerank({ query: "winter garden", documents: [documents[index]] });
    near(t, byIndex(single), [scores[index]]);
  }
});

test("the configured model stands in for requests that name none", async (t) => {
  const other = new GpuBridge(configOf(hosts, { models: { rerank: "no-such/ranker" } }));
  const request = { query: "a", documents: ["b"] };
  await t.throwsAsync(other.rerank(request), { code: "model_not_found", message: /no-such\/ranker/ });
  t.is((await other.rerank({ ...request, model: MODEL })).model, MODEL);
  await other.close();
});
