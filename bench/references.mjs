/**
 * One gpu-service, driven through the JavaScript API, beside the Python references on the same machine, in rounds that
 * take turns. Prints medians and their ratio. Both sides choose their own threads.
 */
import { GpuBridge } from "../index.js";
import { GpuHost } from "../demo/gpu-host.mjs";
import { column } from "../demo/screen.mjs";
import { models } from "../scripts/run/paths.mjs";
import { bold, dim, line } from "../scripts/run/terminal.mjs";
import { median } from "./median.mjs";
import { Reference } from "./python.mjs";
import { pairs, texts } from "./texts.mjs";

const MODEL = "all-MiniLM-L6-v2";
const WARM_UP = 3;

/** What is compared: the job, how often, and how a median in seconds reads. */
function comparisons() {
  const batch = { texts: texts() };
  const rate = (count, unit) => (seconds) => ({ value: count / seconds, unit });
  const latency = (seconds) => ({ value: 1000 * seconds, unit: "ms" });
  return [
    {
      name: "embed, batch of 100",
      kind: "embeddings",
      rounds: 15,
      job: () => batch,
      read: rate(100, "texts/s"),
    },
    { name: "embed, one text, p50", kind: "embeddings", rounds: 100, job: single, read: latency },
    { name: "BERTScore, 100 pairs", kind: "bertscore", rounds: 9, job: pairs, read: rate(100, "pairs/s") },
  ];
}

const single = (round) => ({ texts: [texts()[round % 100]] });

export async function bench() {
  const host = new GpuHost("bench", { model: MODEL });
  await host.start();
  const bridge = new GpuBridge({ hosts: [host.config] });
  try {
    header(host);
    for (const comparison of comparisons()) await compare(bridge, comparison);
  } finally {
    await bridge.close();
    await host.stop();
  }
}

async function compare(bridge, { name, kind, rounds, job, read }) {
  const reference = await Reference.start(kind, `${models}/${MODEL}`);
  const ours = [];
  const theirs = [];
  for (let round = -WARM_UP; round < rounds; round += 1) {
    const work = job(Math.max(round, 0));
    const mine = await timeOurs(bridge, work);
    const other = await reference.time(work);
    if (round < 0) continue;
    ours.push(mine);
    theirs.push(other);
  }
  reference.stop();
  show(name, read(median(ours)), read(median(theirs)), median(theirs) / median(ours));
}

async function timeOurs(bridge, work) {
  const started = performance.now();
  await (work.texts ? bridge.embed(work) : bridge.bertscore(work));
  return (performance.now() - started) / 1000;
}

function header(host) {
  line(
    `\n${bold(column("", 24) + "gpu-service over HTTP".padStart(24) + "Python in process".padStart(24) + "ratio".padStart(10))}`,
  );
  line(dim(host.description));
}

function show(name, ours, theirs, ratio) {
  const cell = ({ value, unit }) => `${value.toFixed(unit === "ms" ? 2 : 0)} ${unit}`.padStart(24);
  line(`${column(name, 24)}${cell(ours)}${cell(theirs)}${`${ratio.toFixed(2)}x`.padStart(10)}`);
}
