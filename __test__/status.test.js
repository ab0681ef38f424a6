import test from "ava";
import { GpuBridge } from "../index.js";
import { configOf, MODEL, startHost } from "./support/gpu_service.js";
import { sentences } from "./support/texts.js";
import { until } from "./support/until.js";

const host = await startHost({ key: "key", env: { GPU_MAX_BATCH_SIZE: "1000" } });
const bridge = new GpuBridge(configOf([host], { timeout: 120 }));
test.after.always(async () => {
  await bridge.close();
  await host.stop();
});

const jobs = async () => (await bridge.status()).active_jobs;

for (const [type, start] of [
  ["embed", (texts) => bridge.embed({ texts })],
  ["bertscore", (texts) => bridge.bertscore({ candidates: texts, references: [...texts].reverse() })],
]) {
  test.serial(`a running ${type} job is shown, and its progress only grows`, async (t) => {
    const call = start(sentences(300, 60));
    let running = true;
    void call.finally(() => (running = false));
    const [job] = await until(async () => (await jobs()).length > 0 && jobs());
    t.is(job.type, type);
    t.is(job.items, 300);
    t.is(job.model, MODEL);
    t.is(job.host, "gpu-1");
    t.is(typeof job.id, "string");
    t.false(Number.isNaN(Date.parse(job.started_at)));
    t.regex(job.started_at, /(Z|\+00:00)$/);
    const seen = [];
    while (running)
      seen.push(...(await jobs()).filter(({ id }) => id === job.id).map(({ progress }) => progress));
    t.true(seen.every((progress) => progress >= 0 && progress <= 1));
    t.deepEqual(
      seen,
      [...seen].sort((a, b) => a - b),
    );
    t.true(
      seen.some((progress) => progress > 0 && progress < 1),
      "progress was never seen between its ends",
    );
    await call;
    await until(async () => (await jobs()).length === 0);
  });
}

test.serial("the queue of a host at rest has room for all it takes", async (t) => {
  const { queue } = await bridge.status();
  t.is(queue.in_flight, 0);
  t.is(queue.available_slots, queue.max_concurrent);
  t.is(queue.waiting_estimate, 0);
  t.is(queue.queued_tokens, 0);
  t.true(queue.tokens_per_second > 0);
});
