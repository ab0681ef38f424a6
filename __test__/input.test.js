import test from "ava";
import { GpuBridge, GpuBridgeError } from "../index.js";

/** Nothing listens there, so whatever was sent would fail otherwise. */
const bridge = new GpuBridge({ hosts: [{ url: "http://127.0.0.1:9" }] });
test.after.always(() => bridge.close());

const refused = [
  ["embed", undefined, /request is missing/],
  ["embed", ["a"], /request is a list/],
  ["embed", {}, /`texts` is missing/],
  ["embed", { texts: "a" }, /`texts` is the string "a"; it has to be a list of texts/],
  ["embed", { texts: ["a", 5] }, /`texts\[1\]` is the number 5; it has to be a string/],
  ["embed", { texts: [null] }, /`texts\[0\]` is null/],
  ["embed", { texts: [] }, /`texts` is empty/],
  ["embed", { texts: ["a", "x".repeat(10_001)] }, /texts\[1\].* 10001 .*10000/],
  ["embed", { texts: ["a"], model: 1 }, /`model` is the number 1/],
  ["embed", { texts: ["a"], dimensions: 1.5 }, /`dimensions` is the number 1.5/],
  ["embed", { texts: ["a"], dimensions: 0 }, /`dimensions` is 0/],
  ["embed", { texts: ["a"], normalize: "yes" }, /`normalize` is the string "yes"; it has to be a boolean/],
  ["embed", { texts: ["a"], truncate_dim: 0 }, /`truncate_dim` is 0/],
  ["bertscore", { candidates: ["a"] }, /`references` is missing/],
  ["bertscore", { candidates: ["a"], references: ["a", "b"] }, /1.*2/],
  ["bertscore", { candidates: ["a"], references: [["a", 1]] }, /`references\[0\]\[1\]` is the number 1/],
  ["bertscore", { candidates: ["a"], references: ["a"], num_layers: -1 }, /`num_layers` is the number -1/],
  ["rerank", { documents: ["a"] }, /`query` is missing; it has to be a string/],
  ["rerank", { query: "q" }, /`documents` is missing; it has to be a list of texts/],
  ["rerank", { query: "q", documents: [] }, /`documents` is empty/],
  ["rerank", { query: "q", documents: ["a", { body: "b" }] }, /`documents\[1\]` is a value of type object/],
  ["rerank", { query: "q", documents: ["a", , "b"] }, /`documents\[1\]` is missing/],
  ["bertscore", { candidates: ["a", "b"], references: [["a"], ,] }, /`references\[1\]` is missing/],
  ["rerank", { query: "q", documents: ["a", null] }, /`documents\[1\]` is null/],
  [
    "rerank",
    { query: "q", documents: ["a", { text: "x".repeat(10_001) }] },
    /documents\[1\].* 10001 .*10000/,
  ],
  ["rerank", { query: "q", documents: ["a"], top_n: 0 }, /`top_n` is 0/],
  ["rerank", { query: "q", documents: ["a"], raw_scores: 1 }, /`raw_scores` is the number 1/],
];

for (const [method, request, message] of refused) {
  test(`${method} refuses ${JSON.stringify(request)?.slice(0, 60)} and sends nothing`, async (t) => {
    const error = await t.throwsAsync(bridge[method](request), { instanceOf: GpuBridgeError, message });
    t.is(error.code, "invalid_input");
    t.is(error.name, "GpuBridgeError");
    t.deepEqual(error.attempts, []);
    t.regex(error.message, /\.$/);
  });
}

for (const [options, message] of [
  [{ timeout: 0 }, /`timeout` is the number 0; it has to be a number of seconds above 0/],
  [{ timeout: "5" }, /`timeout` is the string "5"/],
  [{ signal: {} }, /`signal` is a value of type object; it has to be an AbortSignal/],
  ["soon", /The options are the string "soon"/],
]) {
  test(`calls refuse the options ${JSON.stringify(options)}`, async (t) => {
    await t.throwsAsync(bridge.health(options), { code: "invalid_input", message });
  });
}

test("a limit of the config is named, with its value", async (t) => {
  const small = new GpuBridge({ url: "http://127.0.0.1:9", limits: { maxBatchSize: 2, maxTextLength: 3 } });
  await t.throwsAsync(small.embed({ texts: ["a", "b", "c"] }), { code: "invalid_input", message: /3.*2/ });
  await t.throwsAsync(small.embed({ texts: ["abcd"] }), {
    code: "invalid_input",
    message: /texts\[0\].*4.*3/,
  });
  await small.close();
});
