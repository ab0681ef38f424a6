/** A host goes away under load, and no call fails; it comes back, and gets calls again. */
import type { GpuBridge } from "../../../../index.js";
import { disruption, runOwed, type Disruption } from "../disruption.js";
import { findingsOf, type Finding } from "../finding.js";
import { SteadyLoad } from "../load.js";
import { poll } from "../poll.js";
import { bridgeOver, countCalls, shown, type Trial } from "../trial.js";

const { pass, fail, skip } = findingsOf("failover");
const back = findingsOf("return");

const CALLS_AFTERWARDS = 40;
const SECONDS_AFTERWARDS = 60;
const STOP = "Stop one of the hosts now. Five minutes are waited for it to go; Ctrl-C ends the validation.";
const START = "Start it again now. Five minutes are waited for it.";

export interface Commands {
  kill?: string | undefined;
  restore?: string | undefined;
}

export async function failover(trial: Trial, { kill, restore }: Commands): Promise<Finding[]> {
  if (trial.usable.length < 2) return [skip("it takes two hosts that serve")];
  const stop = disruption(trial.context, kill, STOP);
  if (!stop)
    return [skip(`nobody is here to stop a host; run it on a terminal${orGive(trial, "--kill-cmd")}`)];
  const bridge = bridgeOver(trial, trial.usable, { loadBalancing: "round-robin" });
  const load = new SteadyLoad(trial, bridge);
  let owed = restore;
  try {
    const { gone, finding } = await stopOne(trial, bridge, load, stop);
    if (gone === undefined) return [finding];
    const start = disruption(trial.context, restore, START);
    if (!start)
      return [
        finding,
        back.skip(`${gone} stays down; run it on a terminal${orGive(trial, "--restore-cmd")}`),
      ];
    owed = undefined;
    return [finding, await startAgain(trial, bridge, gone, start)];
  } finally {
    if (owed !== undefined) await runOwed(trial.context, owed);
    await load.stop();
  }
}

/** A program that offers the commands as its own may run none of the user's. */
const orGive = ({ context }: Trial, flag: string) => (context.shell ? `, or give ${flag}` : "");

async function stopOne(trial: Trial, bridge: GpuBridge, load: SteadyLoad, stop: Disruption) {
  const began = load.done;
  await stop.start();
  const gone = await poll(stop.seconds, trial.context.signal, () => firstDown(trial, bridge));
  if (gone === undefined)
    return { gone, finding: fail(`no host went down within ${stop.seconds} s: none was unreachable`) };
  const [counted, done] = [countCalls(bridge), load.done];
  await poll(SECONDS_AFTERWARDS, trial.context.signal, async () =>
    load.done - done >= CALLS_AFTERWARDS || load.failures.length > 0 ? true : undefined,
  );
  const { failures } = load;
  const evidence = `${gone} went down under load; ${load.done - began} calls, ${failures.length} failed`;
  const since = `; requests since: ${shown(counted())}`;
  const good = failures.length === 0 && load.done - done >= CALLS_AFTERWARDS;
  return {
    gone,
    finding: good ? pass(evidence + since) : fail([evidence, ...failures.slice(0, 1)].join(": ") + since),
  };
}

async function startAgain(
  trial: Trial,
  bridge: GpuBridge,
  gone: string,
  start: Disruption,
): Promise<Finding> {
  await start.start();
  const began = performance.now();
  const counted = countCalls(bridge);
  const returned = await poll(start.seconds, trial.context.signal, async () => {
    const answer = (await answers(trial, bridge)).get(gone);
    const called = (new Map(counted()).get(gone) ?? 0) > 0;
    return answer === "ok" && called && healthOf(bridge, gone) === "healthy" ? true : undefined;
  });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  return returned
    ? back.pass(`${gone} serves again after ${seconds} s`)
    : back.fail(`${gone} got no call within ${start.seconds} s`);
}

const healthOf = (bridge: GpuBridge, name: string) =>
  bridge.hosts().find((host) => host.name === name)?.health;

async function firstDown(trial: Trial, bridge: GpuBridge): Promise<string | undefined> {
  const down = [...(await answers(trial, bridge))].find(([, state]) => state !== "ok");
  return down?.[0];
}

/** What each host says of itself, or the code of why it doesn't. */
async function answers(trial: Trial, bridge: GpuBridge): Promise<Map<string, string>> {
  const { hosts } = await bridge.health(trial.calls);
  return new Map(hosts.map((host) => [host.name, host.error?.code ?? host.status ?? "unknown"]));
}
