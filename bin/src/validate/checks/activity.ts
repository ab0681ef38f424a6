/** While a job runs, `/status` of its host shows it, and its progress moves. */
import type { ActiveJob, GpuBridge } from "../../../../index.js";
import { tellsItself, type NamedHost } from "../../config/hosts.js";
import { whileBusy } from "../busy.js";
import { findingsOf, type Finding } from "../finding.js";
import { poll } from "../poll.js";
import { bridgeOver, type Trial } from "../trial.js";

const { pass, fail, skip } = findingsOf("activity");

const WITHIN_SECONDS = 30;

export async function activity(trial: Trial): Promise<Finding[]> {
  if (trial.usable.length === 0) return [skip("no host serves")];
  const findings: Finding[] = [];
  for (const host of trial.usable)
    findings.push(tellsItself(host) ? await activityOf(trial, host) : skip("it tells no jobs", host.name));
  return findings;
}

function activityOf(trial: Trial, host: NamedHost): Promise<Finding> {
  const seen = new Map<string, ActiveJob[]>();
  return whileBusy(trial, host, async () => {
    const bridge = bridgeOver(trial, [host]);
    const moved = await poll(WITHIN_SECONDS, trial.context.signal, () => look(trial, bridge, seen));
    if (moved) return pass(evidenceOf(moved), host.name);
    const polls = [...seen.values()].reduce((sum, looks) => sum + looks.length, 0);
    return fail(`${seen.size} jobs were seen ${polls} times, and the progress of none moved`, host.name);
  });
}

/** The looks at one job whose progress moved. */
async function look(
  trial: Trial,
  bridge: GpuBridge,
  seen: Map<string, ActiveJob[]>,
): Promise<ActiveJob[] | undefined> {
  const { active_jobs } = await bridge.status(trial.calls);
  for (const job of active_jobs) seen.set(job.id, [...(seen.get(job.id) ?? []), job]);
  return [...seen.values()].find((looks) => new Set(looks.map(({ progress }) => progress)).size > 1);
}

function evidenceOf(looks: ActiveJob[]): string {
  const [{ type, items, model }] = looks as [ActiveJob];
  const progress = [...new Set(looks.map(({ progress }) => progress.toFixed(2)))];
  return `${type} of ${items} items with ${model}; progress ${progress.join(", ")}`;
}
