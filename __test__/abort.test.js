import { getEventListeners } from "node:events";
import test from "ava";
import { GpuBridge, GpuBridgeError } from "../index.js";
import { Calls } from "../lib/calls.js";
import { configOf, startHost } from "./support/gpu_service.js";
import { sentences } from "./support/texts.js";
import { until } from "./support/until.js";

const host = await startHost({ key: "key", env: { GPU_MAX_BATCH_SIZE: "5000" } });
const bridge = new GpuBridge(configOf([host], { timeout: 300 }));
test.after.always(async () => {
  await bridge.close();
  await host.stop();
});

const busy = async () => (await bridge.status()).queue.in_flight > 0;

test.serial("an abort ends the call and its work on the host", async (t) => {
  const controller = new AbortController();
  const call = bridge.embed({ texts: sentences(3000, 60) }, { signal: controller.signal });
  const failed = t.throwsAsync(call, { instanceOf: GpuBridgeError, code: "aborted" });
  await until(busy);
  const reason = new Error("changed my mind");
  controller.abort(reason);
  t.is((await failed).cause, reason);
  await until(async () => !(await busy()));
  t.is((await bridge.embed({ texts: ["next"] })).dimensions, 384);
  const [{ health, failures, inFlight }] = bridge.hosts();
  t.deepEqual({ health, failures, inFlight }, { health: "healthy", failures: 0, inFlight: 0 });
});

test.serial("a signal that is already aborted sends nothing", async (t) => {
  const before = bridge.hosts()[0].requests;
  const signal = AbortSignal.abort("too late");
  const error = await t.throwsAsync(bridge.embed({ texts: ["a"] }, { signal }), { code: "aborted" });
  t.is(error.cause, "too late");
  t.is(bridge.hosts()[0].requests, before);
});

test.serial("every kind of call leaves no listener on the signal, and onabort alone", async (t) => {
  const { signal } = new AbortController();
  const mine = () => {};
  signal.onabort = mine;
  const before = getEventListeners(signal, "abort").length;
  await bridge.embed({ texts: ["a"] }, { signal });
  await bridge.bertscore({ candidates: ["a"], references: ["b"] }, { signal });
  await Promise.all([bridge.health({ signal }), bridge.info({ signal }), bridge.status({ signal })]);
  await t.throwsAsync(bridge.embed({ texts: [] }, { signal }));
  t.is(getEventListeners(signal, "abort").length, before);
  t.is(signal.onabort, mine);
});

test.serial("one signal serves any number of calls without a warning", async (t) => {
  const { signal } = new AbortController();
  const warnings = [];
  const warned = (warning) => warnings.push(warning);
  process.on("warning", warned);
  await Promise.all(Array.from({ length: 30 }, () => bridge.embed({ texts: ["a"] }, { signal })));
  process.off("warning", warned);
  t.deepEqual(warnings, []);
});

test.serial("aborting after the end does nothing", async (t) => {
  const controller = new AbortController();
  const answer = await bridge.embed({ texts: ["a"] }, { signal: controller.signal });
  controller.abort();
  t.is(answer.dimensions, 384);
});

test.serial("AbortSignal.timeout is an abort with its reason", async (t) => {
  const call = bridge.embed({ texts: sentences(3000, 60) }, { signal: AbortSignal.timeout(50) });
  const error = await t.throwsAsync(call, { code: "aborted" });
  t.is(error.cause.name, "TimeoutError");
  await until(async () => !(await busy()));
});

test("nobody hears of progress after having aborted", async (t) => {
  const calls = new Calls(
    class {
      abort() {}
    },
  );
  const controller = new AbortController();
  const told = [];
  const onProgress = ({ done }) => (told.push(done), controller.abort());
  const call = calls.run({ signal: controller.signal, onProgress }, () => {});
  calls.settle([1, 2, 3].map((done) => ({ call: 1, progress: { done, total: 9, host: "gpu-1" } })));
  calls.settle([{ call: 1, failure: { code: "aborted", message: "Aborted." } }]);
  await t.throwsAsync(call, { code: "aborted" });
  t.deepEqual(told, [1]);
});
