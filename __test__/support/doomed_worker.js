/**
 * A worker thread with a busy bridge that lives until it is ended from outside. It tells each stage of its life, so
 * that its parent can end it at any.
 */
import { parentPort, workerData } from "node:worker_threads";

const { hosts, aborts, closes } = workerData;
const say = (stage) => parentPort.postMessage(stage);
const ignored = (call) => call.catch(() => {});
const texts = Array.from({ length: 300 }, (_, index) => `${index} `.padEnd(100, "word "));

say("running");
const { GpuBridge } = await import("../../index.js");
say("loaded");
const logger = Object.fromEntries(
  ["debug", "info", "warn", "error"].map((level) => [level, () => say(level)]),
);
const bridge = new GpuBridge({ hosts, healthCheckIntervalSeconds: 1 }, { logger });
say("made");
const caller = new AbortController();
const options = { signal: caller.signal, onProgress: () => say("progress") };
for (let call = 0; call < 3; call += 1) ignored(bridge.embed({ texts }, options));
ignored(bridge.rerank({ query: "a", documents: texts }, options));
const healthy = ignored(bridge.health());
say("called");
if (aborts) caller.abort();
const closed = closes && bridge.close();
say("closing");
await (closed || healthy);
say("late");
setInterval(() => bridge.hosts(), 1000);
