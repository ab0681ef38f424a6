/**
 * A large call over three scripted hosts whose speeds are as 1 to 4 to 7, in processes of their own: how near it
 * comes to the sum of their speeds, and to what an oracle would reach when the fastest drops to 30 % in the middle.
 * Beside it the naive way: a third of the texts for each host.
 */
import { GpuBridge } from "../index.js";
import { column } from "../demo/screen.mjs";
import { bold, dim, line } from "../scripts/run/terminal.mjs";
import { Child } from "./child.mjs";
import { median } from "./median.mjs";
import { tokensIn } from "./scatter/tokens.mjs";

/** Tokens a second. */
const SPEEDS = [8_000, 32_000, 56_000];
const DROP = { share: 0.3, inSeconds: 4 };
const TEXTS = 13_000;
const ROUNDS = 3;

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

export async function bench() {
  const children = await Promise.all(
    SPEEDS.map((speed) => Child.start(here("scatter/host.mjs"), `${speed}`)),
  );
  const hosts = children.map(({ child }) => child);
  const urls = children.map(({ ready }) => `http://127.0.0.1:${ready.port}`);
  const fastest = hosts[2];
  try {
    header();
    await measure("one bridge", TEXTS, (work) => embed(urls, work));
    await measure("a third of the texts to each", TEXTS / 4, (work) => thirds(urls, work));
    const name = `one bridge, fastest at ${100 * DROP.share} % after ${DROP.inSeconds} s`;
    await measure(name, TEXTS, (work) => embed(urls, work), { drops: fastest });
  } finally {
    for (const host of hosts) host.stop();
  }
}

/** @param {{ drops?: Child }} the host that drops in every round */
async function measure(name, count, way, { drops } = {}) {
  const work = texts(count);
  const tokens = sum(work.map(tokensIn));
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await drops?.ask(DROP);
    rounds.push(await timed(() => way(work)));
    await drops?.ask({ share: 1, inSeconds: 0 });
  }
  const seconds = median(rounds);
  show(name, tokens / seconds, ideal(tokens, drops && DROP) / seconds);
}

/** Seconds in which the hosts would be done with so many tokens if none ever waited. */
function ideal(tokens, drop) {
  const before = drop ? Math.min(drop.inSeconds * sum(SPEEDS), tokens) : tokens;
  const after = sum(SPEEDS.slice(0, 2)) + (drop?.share ?? 1) * SPEEDS[2];
  return before / sum(SPEEDS) + (tokens - before) / after;
}

async function thirds(urls, work) {
  const part = Math.ceil(work.length / urls.length);
  await Promise.all(urls.map((url, index) => embed([url], work.slice(part * index, part * (index + 1)))));
}

/** By a bridge that knows nothing yet of its hosts. */
async function embed(urls, work) {
  const bridge = new GpuBridge({ hosts: urls.map((url) => ({ url })), timeout: 600 });
  try {
    const { vectors, dimensions } = await bridge.embed({ texts: work });
    if (vectors.length !== dimensions * work.length) throw new Error("Vectors are missing.");
  } finally {
    await bridge.close();
  }
}

const texts = (count) =>
  Array.from({ length: Math.floor(count) }, (_, index) => `${index} `.padEnd(200, "word "));

async function timed(work) {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

function header() {
  line(
    `\n${bold(column("Three hosts, 1 : 4 : 7", 44) + "tokens/s".padStart(12) + "of the best".padStart(14))}`,
  );
  line(dim(`${SPEEDS.join(" + ")} tokens/s; medians of ${ROUNDS}`));
}

function show(name, rate, share) {
  line(`${column(name, 44)}${rate.toFixed(0).padStart(12)}${`${(100 * share).toFixed(1)} %`.padStart(14)}`);
}

const here = (path) => new URL(path, import.meta.url);
