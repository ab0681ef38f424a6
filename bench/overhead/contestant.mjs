/** One client in a process of its own: does a round of work when asked, and says what the round cost. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { answering } from "../child.mjs";
import { median } from "../median.mjs";
import { CLIENTS } from "./clients.mjs";
import { textsOf } from "./workloads.mjs";

/** Milliseconds between two looks at the event loop. */
const LOOK = 1;
/** Milliseconds before and after the work, so that the first and the last delay are between two looks. */
const MARGIN = 5;

const [name, url] = process.argv.slice(2);
const embed = await CLIENTS[name](url);

answering(name, async ({ count, callers, requests }) => {
  const texts = textsOf(count);
  const loop = monitorEventLoopDelay({ resolution: LOOK });
  const latencies = [];
  let left = requests;
  const caller = async () => {
    while (left-- > 0) latencies.push(await timed(texts));
  };
  loop.enable();
  await setTimeout(MARGIN);
  const [started, cpu] = [performance.now(), process.cpuUsage()];
  await Promise.all(Array.from({ length: callers }, caller));
  const [took, { user, system }] = [performance.now() - started, process.cpuUsage(cpu)];
  await setTimeout(MARGIN);
  loop.disable();
  return {
    rate: (1000 * requests) / took,
    cpu: (user + system) / 1000 / requests,
    p50: median(latencies),
    loop: Math.max(loop.percentile(99) / 1e6 - LOOK, 0),
    longest: Math.max(loop.max / 1e6 - LOOK, 0),
  };
});

async function timed(texts) {
  const started = performance.now();
  const numbers = await embed(texts);
  if (numbers !== 384 * texts.length)
    throw new Error(`${name} read ${numbers} numbers for ${texts.length} texts.`);
  return performance.now() - started;
}
