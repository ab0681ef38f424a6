/** While one host is busy, least busy sends the calls to the others. */
import type { GpuBridge } from "../../../../index.js";
import { tellsItself } from "../../config/hosts.js";
import { whileBusy } from "../busy.js";
import { findingsOf, type Finding } from "../finding.js";
import { poll } from "../poll.js";
import { bridgeOver, countCalls, requestFor, shown, type Trial } from "../trial.js";

const { pass, fail, skip } = findingsOf("least-busy");

const CALLS = 10;
const BUSY_WITHIN_SECONDS = 30;

export async function leastBusy(trial: Trial): Promise<Finding[]> {
  if (trial.usable.length < 2) return [skip("it takes two hosts that serve")];
  const busy = trial.usable.find(tellsItself);
  if (!busy) return [skip("no host tells how busy it is")];
  return whileBusy(trial, busy, async () => {
    const bridge = bridgeOver(trial, trial.usable, { loadBalancing: "least-busy" });
    const queued = await poll(BUSY_WITHIN_SECONDS, trial.context.signal, () =>
      queueSeen(trial, bridge, busy.name),
    );
    if (queued === undefined) return [skip(`${busy.name} did its work too fast to be caught busy`)];
    const counted = countCalls(bridge);
    for (let call = 0; call < CALLS; call += 1)
      await bridge.embed(requestFor(trial, [`Least busy, call ${call}.`]), trial.calls);
    const counts = counted();
    const toBusy = counts.find(([name]) => name === busy.name)?.[1] ?? 0;
    const evidence = `${busy.name} had ${queued} tokens queued; ${CALLS} calls: ${shown(counts)}`;
    return [toBusy === 0 ? pass(evidence) : fail(evidence)];
  });
}

/** Tokens queued on the host, as the bridge itself has heard of them. */
async function queueSeen(trial: Trial, bridge: GpuBridge, name: string): Promise<number | undefined> {
  await bridge.health(trial.calls);
  const tokens = bridge.hosts().find((host) => host.name === name)?.queueTokens ?? 0;
  return tokens > 0 ? tokens : undefined;
}
