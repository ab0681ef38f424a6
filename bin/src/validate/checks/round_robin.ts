/** Round robin gives every host its share of the calls, by the weights of the config. */
import { findingsOf, type Finding } from "../finding.js";
import { bridgeOver, countCalls, requestFor, shown, type Trial } from "../trial.js";

const { pass, fail, skip } = findingsOf("round-robin");

const LEAST_CALLS = 20;
const MOST_CALLS = 200;

export async function roundRobin(trial: Trial): Promise<Finding[]> {
  if (trial.usable.length < 2) return [skip("it takes two hosts that serve")];
  const weights = trial.usable.map(({ weight = 1 }) => weight);
  const round = weights.reduce((sum, weight) => sum + weight);
  const calls = callsFor(round);
  const counts = await countsAfter(trial, calls);
  const due = weights.map((weight) => (calls * weight) / round);
  const even = counts.every(([, count], index) => Math.abs(count - (due[index] ?? 0)) <= 1);
  const wanted = counts.map(([name], index): [string, number] => [name, Math.round(due[index] ?? 0)]);
  const evidence = `${calls} calls: ${shown(counts)}; by weight: ${shown(wanted)}`;
  return [even ? pass(evidence) : fail(evidence)];
}

async function countsAfter(trial: Trial, calls: number): Promise<[string, number][]> {
  const bridge = bridgeOver(trial, trial.usable, { loadBalancing: "round-robin" });
  const counted = countCalls(bridge);
  for (let call = 0; call < calls; call += 1)
    await bridge.embed(requestFor(trial, [`Round robin, call ${call}.`]), trial.calls);
  const counts = counted();
  await bridge.close();
  return counts;
}

/** Whole rounds, where they are not too long. */
function callsFor(round: number): number {
  return Math.min(Math.ceil(LEAST_CALLS / round) * round, MOST_CALLS);
}
