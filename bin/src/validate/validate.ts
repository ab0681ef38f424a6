/** `gpu-bridge validate`: the live check of the user's own hosts, with evidence for every finding. */
import { EXIT } from "../exit.js";
import { UsageError } from "../failure.js";
import { hostsOf, tellsItself } from "../config/hosts.js";
import { checkOutput } from "../outputs.js";
import type { Context } from "../run.js";
import { survey, type HostReport } from "../status/survey.js";
import { note } from "../terminal/note.js";
import { now } from "../terminal/now.js";
import { writeOut } from "../terminal/write_out.js";
import { packageVersion } from "../version.js";
import { activity } from "./checks/activity.js";
import { agreement } from "./checks/agreement.js";
import { auth } from "./checks/auth.js";
import { failover } from "./checks/failover.js";
import { leastBusy } from "./checks/least_busy.js";
import { reachability } from "./checks/reachability.js";
import { roundRobin } from "./checks/round_robin.js";
import { findingsOf, type Finding } from "./finding.js";
import { asTable, writeReport, type Validation } from "./report.js";
import { membersOf } from "./members.js";
import { reasonOf, type Trial } from "./trial.js";

export interface ValidateFlags {
  model?: string;
  killCmd?: string;
  restoreCmd?: string;
  only?: string;
  report?: string;
  json?: boolean;
}

type Check = (trial: Trial, flags: ValidateFlags) => Promise<Finding[]>;

/** In the order of their running; the last one leaves the pool as the user leaves it. */
const CHECKS: [string, Check][] = [
  ["key", auth],
  ["agreement", agreement],
  ["round-robin", roundRobin],
  ["least-busy", leastBusy],
  ["activity", activity],
  ["failover", (trial, { killCmd, restoreCmd }) => failover(trial, { kill: killCmd, restore: restoreCmd })],
];

export const CHECK_NAMES = CHECKS.map(([name]) => name);

export async function validate(context: Context, flags: ValidateFlags): Promise<number> {
  const chosen = chosenChecks(flags);
  if (flags.report !== undefined) await checkOutput(flags.report);
  const config = await context.config();
  const reports = await survey(context.open(config), { signal: context.signal });
  const snapshots = reports.map(({ snapshot }) => snapshot);
  const hosts = hostsOf(config).flatMap((host) => membersOf(host, snapshots));
  if (hosts.length === 0)
    throw new UsageError("DNS names no hosts at present; there is nothing to validate.");
  const serving = new Set(reports.filter(({ serves }) => serves).map(({ name }) => name));
  const usable = hosts.filter(({ name }) => serving.has(name));
  const calls = {
    signal: context.signal,
    ...(context.timeout === undefined ? {} : { timeout: context.timeout }),
  };
  const trial: Trial = { context, config, hosts, usable, model: flags.model, calls };
  const findings = [...reachability(reports), ...(await runChecks(trial, chosen, flags))];
  const validation = validationOf(trial, reports, findings);
  const shown = flags.json ? JSON.stringify(validation) + "\n" : asTable(validation);
  try {
    if (flags.report !== undefined) await writeReport(flags.report, validation);
  } finally {
    await writeOut(context.stdout, shown, context.signal); // of use also where there is no room for the report
  }
  return validation.passed ? EXIT.done : EXIT.failed;
}

function chosenChecks({ only }: ValidateFlags): [string, Check][] {
  if (only === undefined) return CHECKS;
  const names = only.split(",");
  const unknown = names.find((name) => !CHECK_NAMES.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`--only: there is no check "${unknown}"; there are ${CHECK_NAMES.join(", ")}.`);
  return CHECKS.filter(([name]) => names.includes(name));
}

/** One after the other: a check that loads the hosts would spoil the counts of another. */
async function runChecks(trial: Trial, chosen: [string, Check][], flags: ValidateFlags): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [name, check] of chosen) {
    note(trial.context.stderr, `checking: ${name}`);
    findings.push(...(await check(trial, flags).catch((error: unknown) => broken(trial, name, error))));
  }
  note(trial.context.stderr, "");
  return findings;
}

/** A check that can't be brought to its end has failed; the others still run. */
function broken({ context }: Trial, name: string, error: unknown): Finding[] {
  context.signal.throwIfAborted();
  return [findingsOf(name).fail(reasonOf(error))];
}

function validationOf({ hosts }: Trial, reports: HostReport[], findings: Finding[]): Validation {
  const versions = reports.flatMap(({ name, info, snapshot }) =>
    info && tellsItself(snapshot) ? [[name, info.version ?? "0.2"]] : [],
  );
  return {
    date: now(),
    versions: {
      package: packageVersion(),
      node: process.versions.node,
      hosts: Object.fromEntries(versions) as Record<string, string>,
    },
    hosts: hosts.map(({ name, url }) => ({ name, url })),
    findings,
    passed: findings.every(({ outcome }) => outcome !== "fail"),
  };
}
