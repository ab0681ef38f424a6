/** What comes out of the whole chain equals the Python references; `goldens/` says how they were made. */
import { readFileSync } from "node:fs";
import test from "ava";
import { GpuBridge } from "../index.js";
import { configOf, startHost } from "./support/gpu_service.js";

const TOLERANCE = 1e-5;
const golden = (name) =>
  JSON.parse(readFileSync(new URL(`../goldens/${name}.json`, import.meta.url), "utf8"));
const embeddings = golden("minilm_embeddings");
const bertscore = golden("minilm_bertscore");

const host = await startHost({ env: { GPU_MAX_BATCH_SIZE: "1000" } });
const bridge = new GpuBridge(configOf([host], { timeout: 120 }));
test.after.always(async () => {
  await bridge.close();
  await host.stop();
});

/** The largest difference; numbers that the reference leaves undefined are skipped. */
function drift(actual, expected) {
  const gaps = expected.flatMap((number, index) =>
    number === null ? [] : [Math.abs(number - actual[index])],
  );
  return Math.max(0, ...gaps);
}

function same(t, actual, expected, what) {
  t.is(actual.length, expected.length);
  const off = drift(actual, expected);
  t.true(off <= TOLERANCE, `${JSON.stringify(what).slice(0, 60)} is off by ${off}`);
}

test("embeddings equal sentence-transformers, all in one call", async (t) => {
  const answer = await bridge.embed({ texts: embeddings.texts });
  embeddings.texts.forEach((text, index) =>
    same(t, answer.embeddings[index], embeddings.embeddings[index], text),
  );
});

test("embeddings equal sentence-transformers, one call for each text", async (t) => {
  const answers = await Promise.all(embeddings.texts.map((text) => bridge.embed({ texts: [text] })));
  answers.forEach(({ vectors }, index) =>
    same(t, Array.from(vectors), embeddings.embeddings[index], embeddings.texts[index]),
  );
});

const rows = ({ precision, recall, f1 }) =>
  precision.map((number, index) => [number, recall[index], f1[index]]);

for (const { layers, idf, scores, several, single_reference: single } of bertscore.runs) {
  const { candidates, references, several: lists } = bertscore;
  const options = { num_layers: layers, idf };
  const name = `BERTScore on layer ${layers} ${idf ? "with" : "without"} idf`;

  test(`${name} equals bert-score`, async (t) => {
    const answer = await bridge.bertscore({ candidates, references, ...options });
    t.is(answer.num_layers, layers);
    rows(answer).forEach((row, index) => same(t, row, scores[index], [candidates[index], references[index]]));
  });

  test(`${name} equals bert-score with several references`, async (t) => {
    const request = { candidates: candidates.slice(0, lists.length), references: lists, ...options };
    rows(await bridge.bertscore(request)).forEach((row, index) => same(t, row, several[index], lists[index]));
  });

  test(`${name} equals bert-score on single pairs`, async (t) => {
    for (const [index, expected] of single.entries()) {
      const request = { candidates: [candidates[index]], references: [references[index]], ...options };
      same(t, rows(await bridge.bertscore(request))[0], expected, request.candidates);
    }
  });
}
