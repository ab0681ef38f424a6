/** The embedding provider's parts: what it joins, what it is known by, and how it fails. */
import test from "ava";
import { Coalescer } from "../dist/memory/coalescer.js";
import { embeddingError } from "../dist/memory/errors.js";
import { SameModel } from "../dist/memory/same_model.js";
import { indexIdentity, modelName } from "../dist/memory/identity.js";

/** An `embed` whose calls are ended by hand; a vector is the text's length. */
function scripted() {
  const calls = [];
  const embed = (texts, signal) =>
    new Promise((resolve, reject) =>
      calls.push({ texts, signal, reject, answer: () => resolve(texts.map((text) => [text.length])) }),
    );
  return { calls, coalescer: new Coalescer(embed) };
}

const tick = () => new Promise((resolve) => setImmediate(resolve));

const EACH = ["a", "bb", "ccc", "dddd"];

test("as many calls as an index has files at work go out at once, and what comes meanwhile goes together", async (t) => {
  const { calls, coalescer } = scripted();
  const jobs = EACH.map((text) => coalescer.add([text]));
  await tick();
  jobs.push(coalescer.add(["e", "ff"]), coalescer.add(["ggg"]));
  await tick();
  t.deepEqual(
    calls.map(({ texts }) => texts),
    EACH.map((text) => [text]),
  );
  calls[0].answer();
  await tick();
  t.deepEqual(calls[4].texts, ["e", "ff", "ggg"]);
  for (const call of calls) call.answer();
  t.deepEqual(await Promise.all(jobs), [[[1]], [[2]], [[3]], [[4]], [[1], [2]], [[3]]]);
});

test("what is asked for in one turn is shared among the calls, up to what one takes", async (t) => {
  const { calls, coalescer } = scripted();
  const many = (count) => Array.from({ length: count }, () => "x");
  const counts = [8_000, 192, 1, 9_000, 1, 1, 1, 1];
  const jobs = counts.map((count) => coalescer.add(many(count)));
  await tick();
  t.deepEqual(
    calls.map(({ texts }) => texts.length),
    [8_192, 1, 9_000, 4],
  );
  for (const call of calls) call.answer();
  t.deepEqual(
    (await Promise.all(jobs)).map(({ length }) => length),
    counts,
  );
});

test("a bad text costs its own job only", async (t) => {
  const { calls, coalescer } = scripted();
  EACH.map((text) => coalescer.add([text]));
  await tick();
  const jobs = [coalescer.add(["good"]), coalescer.add(["bad"])];
  calls[0].answer();
  await tick();
  calls[4].reject(new Error("texts[1] is bad"));
  await tick();
  t.deepEqual(
    calls.slice(5).map(({ texts }) => texts),
    [["good"], ["bad"]],
  );
  calls[5].answer();
  calls[6].reject(new Error("texts[0] is bad"));
  t.deepEqual(await jobs[0], [[4]]);
  await t.throwsAsync(jobs[1], { message: "texts[0] is bad" });
});

test("who leaves hears of it at once; the call ends when all have left", async (t) => {
  const { calls, coalescer } = scripted();
  const [first, second] = [new AbortController(), new AbortController()];
  EACH.map((text) => coalescer.add([text]));
  await tick();
  const jobs = [coalescer.add(["a"], first.signal), coalescer.add(["b"], second.signal)];
  calls[0].answer();
  await tick();
  first.abort(new Error("left"));
  await t.throwsAsync(jobs[0], { message: "left" });
  t.false(calls[4].signal.aborted);
  second.abort(new Error("left too"));
  await t.throwsAsync(jobs[1], { message: "left too" });
  t.true(calls[4].signal.aborted);
  calls[4].reject(new Error("aborted"));
  await t.throwsAsync(coalescer.add(["c"], first.signal), { message: "left" });
});

test("an index is known by its model and prompts, never by hosts", (t) => {
  const asked = { model: "gpu-bridge/sentence-transformers/all-MiniLM-L6-v2", queryInputType: "query" };
  const of = (url) => indexIdentity(asked, { hosts: [{ url }] });
  t.deepEqual(of("http://one"), of("http://two"));
  t.is(of("http://one").model, "all-MiniLM-L6-v2");
  t.notDeepEqual(indexIdentity({ ...asked, queryInputType: "other" }, undefined), of("http://one"));
  t.is(modelName("", { models: { embed: "BAAI/bge-m3" } }), "BAAI/bge-m3");
  t.is(modelName(undefined, undefined), "all-MiniLM-L6-v2");
  t.is(modelName(modelName(asked.model)), modelName(asked.model));
});

test("errors say by their status whether another try can help", (t) => {
  const bridgeError = (code, more = {}) =>
    Object.assign(new Error("why"), { name: "GpuBridgeError", code, ...more });
  const statuses = (codes) => codes.map((code) => embeddingError(bridgeError(code)).status);
  t.deepEqual(statuses(["overloaded", "timeout", "all_hosts_failed"]), [429, 504, 503]);
  t.deepEqual(statuses(["invalid_input", "unauthorized", "model_not_found"]), [400, 401, 404]);
  t.is(embeddingError(bridgeError("overloaded", { retryAfter: 1.5 })).retryAfterMs, 1500);
  t.is(embeddingError(bridgeError("timeout")).message, "why");
  const other = new Error("other");
  t.is(embeddingError(other), other);
});

test("vectors of another model are refused, whatever it is called", (t) => {
  const same = new SameModel();
  const answer = { model: "m", dimensions: 384, fingerprint: "a1" };
  same.check(answer);
  same.check({ ...answer });
  const { message, status } = t.throws(() => same.check({ ...answer, fingerprint: "b2" }));
  t.regex(
    message,
    /different models as m: a1 \(384 dimensions\) answered before, and b2 \(384 dimensions\) now/,
  );
  t.is(status, 409);
  t.throws(() => same.check({ ...answer, dimensions: 768 }), { message: /768/ });
});
