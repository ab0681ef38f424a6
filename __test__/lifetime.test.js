/** Bridges come and go: with their object, their worker, their process, and never leave a thread behind. */
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { Worker } from "node:worker_threads";
import test from "ava";
import { GpuBridge } from "../index.js";
import { configOf, startPair, stopHosts } from "./support/gpu_service.js";
import { runScript } from "./support/script.js";
import { sentences } from "./support/texts.js";
import { until } from "./support/until.js";

const hosts = await startPair({ env: { GPU_MAX_BATCH_SIZE: "5000" } });
const config = configOf(hosts, { timeout: 120 });
test.after.always(() => stopHosts(hosts));

const onLinux = process.platform === "linux" ? test.serial : test.serial.skip;
const clean = (output) => ({ code: 0, signal: null, output, errors: "" });

onLinux(
  "closing joins a bridge's threads and closes its descriptors, also when fifty were open",
  async (t) => {
    const threads = () => readdirSync("/proc/self/task").length;
    const descriptors = () => readdirSync("/proc/self/fd").length;
    const [before, open] = [threads(), descriptors()];
    const bridges = Array.from({ length: 50 }, () => new GpuBridge(config));
    t.true(threads() >= before + 50);
    const answers = await Promise.all(bridges.map((bridge) => bridge.embed({ texts: ["one of many"] })));
    t.true(answers.every(({ dimensions }) => dimensions === 384));
    await Promise.all(bridges.map((bridge) => bridge.close()));
    t.true(threads() <= before + 4, `${before} threads before, ${threads()} after`);
    t.true(descriptors() <= open + 4, `${open} descriptors before, ${descriptors()} after`);
  },
);

test.serial("a process ends by itself after close", async (t) => {
  const script = `
    const bridge = new GpuBridge(config);
    console.log((await bridge.embed({ texts: ["a"] })).dimensions);
    await bridge.close();`;
  t.deepEqual(await runScript(config, script), clean("384"));
});

test.serial("a process ends by itself without close", async (t) => {
  const script = `console.log((await new GpuBridge(config).embed({ texts: ["a"] })).dimensions);`;
  t.deepEqual(await runScript(config, script), clean("384"));
});

test.serial("a running call keeps the process alive, though nobody holds its bridge", async (t) => {
  const script = `new GpuBridge(config).embed({ texts: ["a"] }).then(({ model }) => console.log(model)); gc();`;
  t.deepEqual(await runScript(config, script, { flags: ["--expose-gc"] }), clean("all-MiniLM-L6-v2"));
});

test.serial("an exit in the middle of calls is clean", async (t) => {
  const texts = JSON.stringify(sentences(200, 60));
  const script = `
    const bridge = new GpuBridge(config);
    for (let call = 0; call < 4; call += 1) bridge.embed({ texts: ${texts} });
    await bridge.health();
    process.exit(7);`;
  t.deepEqual(await runScript(config, script), { ...clean(""), code: 7 });
});

onLinux("bridges that nobody holds are collected with their threads", async (t) => {
  const script = `
    import { readdirSync } from "node:fs";
    import { setImmediate } from "node:timers/promises";
    const threads = () => readdirSync("/proc/self/task").length;
    const before = threads();
    (() => { for (let i = 0; i < 20; i += 1) new GpuBridge(config); })();
    const most = threads();
    while (threads() > before + 4) { gc(); await setImmediate(); }
    console.log(most >= before + 20);`;
  t.deepEqual(await runScript(config, script, { flags: ["--expose-gc"] }), clean("true"));
});

const WORKER = `
  import { parentPort, workerData } from "node:worker_threads";
  const { GpuBridge } = await import(workerData.index);
  const bridge = new GpuBridge(workerData.config);
  const { dimensions } = await bridge.embed({ texts: ["from a worker"] });
  parentPort.postMessage(dimensions);
  if (workerData.stay) await bridge.embed({ texts: workerData.stay });
  await bridge.close();`;

function worker(stay) {
  const workerData = { index: new URL("../index.js", import.meta.url).href, config, stay };
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(WORKER)}`), { workerData });
}

test.serial("worker threads have bridges of their own and end by themselves", async (t) => {
  const lives = Array.from({ length: 4 }, async () => {
    const each = worker();
    const [[dimensions], [code]] = await Promise.all([once(each, "message"), once(each, "exit")]);
    return { dimensions, code };
  });
  for (const life of await Promise.all(lives)) t.deepEqual(life, { dimensions: 384, code: 0 });
});

test.serial("a worker that is ended in mid-call takes its bridge along, and no other", async (t) => {
  const bridge = new GpuBridge(config);
  const doomed = worker(sentences(2000, 60));
  // The call is spread over both hosts, a slice or two at a time on each.
  const busy = async () => (await bridge.status()).active_jobs.length > 0;
  await until(busy);
  await doomed.terminate();
  await until(async () => !(await busy()));
  t.is((await bridge.embed({ texts: ["still here"] })).dimensions, 384);
  await bridge.close();
});

test.serial(
  "progress comes before its answer, and a listener that throws costs nobody an answer",
  async (t) => {
    const source = `
    const thrown = [];
    process.on("uncaughtException", ({ message }) => thrown.push(message));
    const bridge = new GpuBridge(config);
    const texts = Array.from({ length: 6000 }, (_, row) => "text " + row);
    const order = [];
    const told = bridge.embed({ texts }, { onProgress: ({ done }) => order.push(done) });
    const bad = bridge.embed({ texts }, { onProgress: () => { throw new Error("mine"); } });
    const answered = (await bad).dimensions;
    await told;
    console.log(order.at(-1), answered, thrown.length > 0 && thrown.every((message) => message === "mine"));
    await bridge.close();`;
    t.deepEqual(await runScript(config, source), clean("6000 384 true"));
  },
);
