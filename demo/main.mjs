/**
 * The demonstration behind `npm start`: two GPU hosts on this machine, OpenClaw's tools over both, and one host
 * killed in mid-run. Ends with `OK`, or says what failed; stops the hosts either way, unless `--keep` leaves them up.
 */
import { bold, dim, duration, green, line, red } from "../scripts/run/terminal.mjs";
import { GpuHost } from "./gpu-host.mjs";
import { PluginHost } from "./openclaw.mjs";
import { bertscore } from "./scenes/bertscore.mjs";
import { failover } from "./scenes/failover.mjs";
import { neighbours } from "./scenes/neighbours.mjs";
import { health, info, status } from "./scenes/pool.mjs";
import { column, row, scene } from "./screen.mjs";

const MODEL = "all-MiniLM-L6-v2";

/** Plays all scenes. Gives the exit code. */
export async function demonstrate({ keep }) {
  const hosts = ["gpu-a", "gpu-b"].map((name) => new GpuHost(name, { model: MODEL }));
  const started = performance.now();
  stopOnInterrupt(hosts);
  try {
    await play(hosts, keep);
    if (keep) await leaveUp(hosts);
    line(`\n${green(bold("OK"))} ${dim(`in ${duration(performance.now() - started)}`)}`);
    return 0;
  } catch (error) {
    line(`\n${red(error.message)}`);
    await stopAll(hosts);
    return 1;
  }
}

async function play(hosts, keep) {
  await scene("Two GPU hosts", () => startAll(hosts, keep));
  const openclaw = await PluginHost.load({
    hosts: hosts.map(({ config }) => config),
    healthCheckIntervalSeconds: 5,
  });
  try {
    await scene("gpu_health", () => health(openclaw, hosts));
    await scene("gpu_info", () => info(openclaw));
    await scene("gpu_embed: the nearest sentence", () => neighbours(openclaw));
    await scene("gpu_bertscore: same meaning or not", () => bertscore(openclaw));
    await scene("gpu_status", () => status(openclaw));
    await scene("A host dies", () => failover(openclaw, hosts[1], hosts[0]));
  } finally {
    await openclaw.stop();
    if (!keep) await stopAll(hosts);
  }
}

async function startAll(hosts, keep) {
  await Promise.all(hosts.map((host) => host.start({ keep })));
  for (const { name, url, description } of hosts) row("•", `${column(name, 10)} ${url}  ${dim(description)}`);
  return "both ready";
}

async function stopAll(hosts) {
  await Promise.all(hosts.map((host) => host.stop()));
}

/** Brings the killed host back and says how to reach both and how to end them. */
async function leaveUp(hosts) {
  for (const host of hosts) if (!host.running) await host.start({ keep: true });
  line(`\n${bold("The hosts stay up")}`);
  for (const { name, url, apiKey, log } of hosts) {
    row("•", `${column(name, 10)} ${url}  key ${apiKey}`);
    row(" ", dim(`${column("", 10)} log ${log}`));
  }
  row(" ", `stop them with: kill ${hosts.map(({ pid }) => pid).join(" ")}`);
}

function stopOnInterrupt(hosts) {
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, async () => {
      await stopAll(hosts);
      process.exit(130);
    });
  }
}
