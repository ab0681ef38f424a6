import test from "ava";
import { GpuBridge, GpuBridgeError } from "../index.js";
import { configOf, MODEL, startPair, stopHosts } from "./support/gpu_service.js";
import { AWKWARD } from "./support/texts.js";

const hosts = await startPair();
const bridge = new GpuBridge(configOf(hosts));
test.after.always(async () => {
  await bridge.close();
  await stopHosts(hosts);
});

const length = (vector) => Math.hypot(...vector);

test("embed gives one block of unit vectors, in the order of the texts", async (t) => {
  const texts = ["A cat sits on the mat.", "Quarterly revenue rose.", "A cat sits on the mat."];
  const answer = await bridge.embed({ texts });
  t.true(answer.vectors instanceof Float32Array);
  t.is(answer.vectors.length, 3 * 384);
  t.is(answer.dimensions, 384);
  t.is(answer.model, MODEL);
  t.deepEqual(answer.truncated, []);
  t.true(answer.usage.tokens > 10);
  t.is(answer.vectors.buffer.byteLength, answer.vectors.byteLength);
  t.true(Math.abs(length(answer.vectors.subarray(0, 384)) - 1) < 1e-5);
  t.deepEqual(answer.embeddings[0], answer.embeddings[2]);
  t.notDeepEqual(answer.embeddings[0], answer.embeddings[1]);
});

test("embeddings has 0.2's shape and is made once", async (t) => {
  const answer = await bridge.embed({ texts: ["one", "two"] });
  t.is(answer.embeddings, answer.embeddings);
  t.deepEqual(answer.embeddings.flat(), Array.from(answer.vectors));
  const { embeddings, model, dimensions } = JSON.parse(JSON.stringify(answer));
  t.deepEqual(embeddings, answer.embeddings);
  t.deepEqual([model, dimensions], [MODEL, 384]);
});

test("the vectors outlive the bridge they came from", async (t) => {
  const other = new GpuBridge(configOf(hosts));
  const { vectors } = await other.embed({ texts: ["still here"] });
  await other.close();
  t.true(Math.abs(length(vectors) - 1) < 1e-5);
});

test("dimensions and normalize reach the host", async (t) => {
  const answer = await bridge.embed({ texts: ["short"], dimensions: 16, normalize: true });
  t.is(answer.dimensions, 16);
  t.true(Math.abs(length(answer.vectors) - 1) < 1e-5);
});

test("truncate_dim reaches the host, which leaves the vectors as they are", async (t) => {
  const whole = await bridge.embed({ texts: ["short"] });
  const cut = await bridge.embed({ texts: ["short"], truncate_dim: 16 });
  t.is(cut.dimensions, 16);
  cut.vectors.forEach((number, index) => t.true(Math.abs(number - whole.vectors[index]) < 1e-6));
});

test("awkward texts are embedded, and the long one is reported as cut", async (t) => {
  const names = Object.keys(AWKWARD);
  const answer = await bridge.embed({ texts: Object.values(AWKWARD) });
  t.true(answer.vectors.every(Number.isFinite));
  t.deepEqual(answer.truncated, [names.indexOf("long")]);
});

test("a lone surrogate is replaced, not fatal", async (t) => {
  const [broken, replaced] = (await bridge.embed({ texts: ["a\ud800b", "a\ufffdb"] })).embeddings;
  t.deepEqual(broken, replaced);
});

test("bertscore tells a paraphrase from another sentence", async (t) => {
  const answer = await bridge.bertscore({
    candidates: ["The cat sat on the mat.", "The cat sat on the mat."],
    references: ["A cat was sitting on the mat.", "Quarterly revenue rose sharply."],
  });
  t.is(answer.model, MODEL);
  t.is(answer.num_layers, 6);
  t.deepEqual([answer.precision.length, answer.recall.length, answer.f1.length], [2, 2, 2]);
  t.true(answer.f1[0] > answer.f1[1]);
});

test("bertscore takes the best of several references", async (t) => {
  const single = await bridge.bertscore({ candidates: ["a red car"], references: ["a red automobile"] });
  const several = await bridge.bertscore({
    candidates: ["a red car"],
    references: [["the sea", "a red automobile"]],
  });
  t.true(several.f1[0] >= single.f1[0] - 1e-6);
});

test("health, info and status speak for the pool and for every host", async (t) => {
  const [health, info, status] = await Promise.all([bridge.health(), bridge.info(), bridge.status()]);
  t.is(health.status, "ok");
  t.is(health.device, "cpu");
  t.is(info.device, "cpu");
  t.true(info.loaded_models.includes(`embed:${MODEL}`));
  t.is(typeof status.queue.max_concurrent, "number");
  t.true(Array.isArray(status.active_jobs));
  for (const answer of [health, info, status]) {
    t.deepEqual(
      answer.hosts.map(({ name }) => name),
      ["gpu-1", "gpu-2"],
    );
  }
});

test("hosts() tells what is known without asking", async (t) => {
  await bridge.health();
  const [first] = bridge.hosts();
  t.is(first.name, "gpu-1");
  t.is(first.url.replace(/\/$/, ""), hosts[0].url);
  t.is(first.health, "healthy");
  t.is(first.breaker, "closed");
  t.false(JSON.stringify(bridge.hosts()).includes(hosts[0].key));
});

for (const key of ["serviceUrl", "url"]) {
  test(`a config of 0.1 with ${key} reaches its host`, async (t) => {
    const other = new GpuBridge({ [key]: hosts[1].url, apiKey: hosts[1].key, timeout: 45 });
    t.is((await other.embed({ texts: ["as ever"] })).dimensions, 384);
    t.is(other.hosts()[0].name, "gpu-1");
    await other.close();
  });
}

test("the configured models stand in for requests that name none", async (t) => {
  const other = new GpuBridge(
    configOf(hosts, { models: { embed: "no-such/embedder", bertscore: "no-such/scorer" } }),
  );
  await t.throwsAsync(other.embed({ texts: ["a"] }), {
    code: "model_not_found",
    message: /no-such\/embedder/,
  });
  const pair = { candidates: ["a"], references: ["b"] };
  await t.throwsAsync(other.bertscore(pair), { code: "model_not_found", message: /no-such\/scorer/ });
  t.is((await other.bertscore({ ...pair, model_type: MODEL })).model, MODEL);
  await other.close();
});

test("a closed bridge refuses calls and can be closed again", async (t) => {
  const other = new GpuBridge(configOf(hosts));
  await other.close();
  await other.close();
  const error = await t.throwsAsync(other.embed({ texts: ["x"] }), { instanceOf: GpuBridgeError });
  t.is(error.code, "closed");
});

test("closing ends a running call with closed", async (t) => {
  const other = new GpuBridge(configOf(hosts));
  const call = other.embed({ texts: ["x".repeat(9000), ...Array(60).fill("y ".repeat(900))] });
  const [error] = await Promise.all([t.throwsAsync(call, { instanceOf: GpuBridgeError }), other.close()]);
  t.is(error.code, "closed");
});

test("a bridge can be disposed of", async (t) => {
  const other = new GpuBridge(configOf(hosts));
  await other[Symbol.asyncDispose]();
  await t.throwsAsync(other.health(), { code: "closed" });
});
