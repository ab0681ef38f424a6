/**
 * Starts a thousand workers, twenty at a time, and ends each at a random moment of its life. Prints what is left of
 * them in this process, which then has to end by itself. Arguments: the hosts as JSON, and a seed.
 */
import { on, once } from "node:events";
import { readdirSync, readlinkSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";

const ROUNDS = 50;
const AT_A_TIME = 20;
/** `undefined` is the moment of its birth, before its thread runs any JavaScript. */
const STAGES = [undefined, "online", "running", "loaded", "made", "called", "closing", "late"];

const hosts = JSON.parse(process.argv[2]);
let state = Number(process.argv[3]);

for (let round = 0; round < 5; round += 1) await batch();
const before = counts();
for (let round = 5; round < ROUNDS; round += 1) await batch();
while (counts().threads > before.threads || counts().handles > before.handles) await setImmediate();
const grown = counts().megabytes - before.megabytes;
console.log(JSON.stringify({ grown }));

async function batch() {
  await Promise.all(Array.from({ length: AT_A_TIME }, life));
}

async function life() {
  const workerData = { hosts, aborts: random(2) === 0, closes: random(2) === 0 };
  const stage = STAGES[random(STAGES.length)];
  const worker = new Worker(new URL("doomed_worker.js", import.meta.url), { workerData });
  const ended = once(worker, "exit");
  if (stage) await reached(worker, stage);
  for (let turn = random(30); turn > 0; turn -= 1) await setImmediate();
  await worker.terminate();
  await ended;
}

async function reached(worker, stage) {
  if (stage === "online") return once(worker, "online");
  for await (const [told] of on(worker, "message")) if (told === stage) return;
}

/** From 0 to one less than this. */
function random(below) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

/** A module that a worker was reading when it ended stays open, by Node's own doing, so files don't count. */
function counts() {
  const handles = readdirSync("/proc/self/fd").filter((handle) => !target(handle).startsWith("/"));
  const threads = readdirSync("/proc/self/task");
  return { threads: threads.length, handles: handles.length, megabytes: process.memoryUsage().rss / 2 ** 20 };
}

/** What a handle is of, such as `socket:[4711]`; the one that the list itself was read with is a file. */
function target(handle) {
  try {
    return readlinkSync(`/proc/self/fd/${handle}`);
  } catch {
    return "/";
  }
}
