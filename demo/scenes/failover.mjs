/** Many calls at once; in their midst one host is killed. Every call has to come back, with the right vectors. */
import { setTimeout as sleep } from "node:timers/promises";
import { column, require, row } from "../screen.mjs";
import { TOPICS } from "../sentences.mjs";

const CALLS = 48;
const AT_ONCE = 8;
const KILL_AFTER = 12;
const TOLERANCE = 1e-5;

/** Long enough that a host is nearly always in the middle of some. */
const TEXTS = Object.values(TOPICS)
  .flat()
  .map((text, index, all) => [text, all[(index + 7) % all.length], all[(index + 17) % all.length]].join(" "));

export async function failover(openclaw, victim, survivor) {
  const expected = await embed(openclaw);
  const run = { begun: 0, answered: 0, wrong: 0, failures: [] };
  const workers = Array.from({ length: AT_ONCE }, () => work(openclaw, run, expected));
  const held = await killInMidRun(openclaw, victim, run);
  await Promise.all(workers);
  row("•", `${column(survivor.name, 10)} served on alone`);
  judge(run);
  return `${run.answered} of ${CALLS} calls answered, ${held} of them had been on ${victim.name} when it died; ${run.answered * TEXTS.length} vectors, none wrong`;
}

async function work(openclaw, run, expected) {
  while (run.begun < CALLS) {
    run.begun += 1;
    try {
      const vectors = await embed(openclaw);
      run.answered += 1;
      if (!agree(vectors, expected)) run.wrong += 1;
    } catch (error) {
      run.failures.push(error);
    }
  }
}

async function embed(openclaw) {
  return (await openclaw.ask("gpu_embed", { texts: TEXTS, output: "inline" })).embeddings;
}

/** Waits until the host is at work on calls, kills it, and gives how many it was at work on. */
async function killInMidRun(openclaw, victim, run) {
  while (run.answered < KILL_AFTER && run.begun < CALLS) await sleep(5);
  const held = await jobsOf(openclaw, victim);
  await victim.kill();
  row("✗", `${column(victim.name, 10)} killed after ${run.answered} answers, with ${held} calls on it`);
  return held;
}

async function jobsOf(openclaw, { name }) {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const { active_jobs } = await openclaw.ask("gpu_status");
    const held = active_jobs.filter(({ host }) => host === name).length;
    if (held > 0) return held;
  }
  return 0;
}

function agree(vectors, expected) {
  const near = (row, index) =>
    row.every((value, column) => Math.abs(value - expected[index][column]) <= TOLERANCE);
  return vectors.length === expected.length && vectors.every(near);
}

function judge({ answered, wrong, failures }) {
  require(failures.length ===
    0, `${failures.length} of ${CALLS} calls failed, the first with: ${failures[0]?.message}`);
  require(answered === CALLS, `${answered} of ${CALLS} calls were answered.`);
  require(wrong === 0, `${wrong} of ${CALLS} answers differ from the first by more than ${TOLERANCE}.`);
}
