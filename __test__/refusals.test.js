/** What a host refuses is the caller's mistake: it is said so, and the host stays in work. */
import test from "ava";
import { GpuBridge } from "../index.js";
import { configOf, startHost } from "./support/gpu_service.js";

const limits = { GPU_MAX_BATCH_SIZE: "4", GPU_MAX_TEXT_LENGTH: "50" };
const host = await startHost({ key: "key", env: limits });
const bridge = new GpuBridge(configOf([host]));
test.after.always(async () => {
  await bridge.close();
  await host.stop();
});

const through = [
  ["an unknown model", { texts: ["a"], model: "no-such/model" }, "model_not_found", 404],
  ["a model that is a path", { texts: ["a"], model: "../../etc" }, "invalid_input", 422],
  ["a text over the host's limit", { texts: ["a", "x".repeat(51)] }, "invalid_input", 413],
  ["more dimensions than there are", { texts: ["a"], dimensions: 385 }, "invalid_input", 422],
  ["an unknown prompt", { texts: ["a"], prompt_name: "no-such" }, "invalid_input", 422],
];

for (const [what, request, code, status] of through) {
  test.serial(`${what} is refused, and the host stays healthy`, async (t) => {
    const error = await t.throwsAsync(bridge.embed(request), { code });
    t.is(error.status, status);
    t.is(error.host, "gpu-1");
    t.regex(error.message, /\.$/);
    await fine(t);
  });
}

test.serial("a batch over the host's limit is split, and progress is told", async (t) => {
  const told = [];
  const texts = ["a", "b", "c", "d", "e"];
  const whole = await bridge.embed({ texts }, { onProgress: (progress) => told.push(progress) });
  const single = await bridge.embed({ texts: ["e"] });
  t.is(whole.embeddings.length, 5);
  whole.embeddings[4].forEach((number, at) => t.true(Math.abs(number - single.vectors[at]) < 1e-5));
  t.true(told.length >= 1);
  t.true(told.every(({ total, host }) => total === 5 && host === "gpu-1"));
  await fine(t);
});

const beside = [
  ["a body that isn't JSON", "{", 400, "invalid_json"],
  ["an empty list", '{"texts":[]}', 400, "empty_batch"],
  ["a wrong type", '{"texts":[1]}', 422, "invalid_field"],
  ["no texts", "{}", 422, "invalid_field"],
];

for (const [what, body, status, code] of beside) {
  test.serial(`${what}, sent by another client, harms nobody`, async (t) => {
    const headers = { "content-type": "application/json", "x-api-key": host.key };
    const reply = await fetch(`${host.url}/embed`, { method: "POST", headers, body });
    const answer = await reply.json();
    t.is(reply.status, status);
    t.is(answer.code, code);
    t.regex(answer.detail, /\.$/);
    await fine(t);
  });
}

async function fine(t) {
  t.is((await bridge.embed({ texts: ["still fine"] })).dimensions, 384);
  const [{ health, breaker, failures }] = bridge.hosts();
  t.deepEqual({ health, breaker, failures }, { health: "healthy", breaker: "closed", failures: 0 });
}
