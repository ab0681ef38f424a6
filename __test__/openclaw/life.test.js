/** A gateway's life with the plugin: config edits, hosts that die and come back, an audit, and the end under load. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { CountedHost } from "../support/counted_host.js";
import { PLUGIN, startGateway } from "../support/gateway.js";
import { configOf, startHost, startPair, stopHosts } from "../support/gpu_service.js";
import { sentences } from "../support/texts.js";
import { until } from "../support/until.js";

const EDITS = 10;

const counted = await CountedHost.start();
const often = { healthCheckIntervalSeconds: 0.2 };
const edit = (number) => ({ hosts: [{ url: counted.url(`edit-${number}`) }], ...often });

const hosts = await startPair();
const gateway = await startGateway(edit(0));
test.after.always(async () => {
  await gateway.remove();
  counted.stop();
  await stopHosts(hosts);
});

/** Images of the addon that the gateway has mapped. */
function images() {
  const maps = readFileSync(`/proc/${gateway.pid}/maps`, "utf8").split("\n");
  const paths = maps.map((line) => line.split(/\s+/, 6)[5]);
  return new Set(paths.filter((path) => path?.includes(`${PLUGIN}.`) && path.endsWith(".node"))).size;
}

/** Threads of bridges. */
function threads() {
  const tasks = `/proc/${gateway.pid}/task`;
  const name = (task) => readFileSync(join(tasks, task, "comm"), "utf8").trim();
  return readdirSync(tasks).filter((task) => name(task) === "gpu-bridge").length;
}

const onLinux = process.platform === "linux" ? test.serial : test.serial.skip;

onLinux("ten edits of the config leave one image, no thread and no health check behind", async (t) => {
  await until(() => counted.checks.includes("edit-0"));
  const before = { images: images(), threads: threads() };
  t.is(before.images, 1);
  t.true(before.threads > 0);
  for (let number = 1; number <= EDITS; number += 1) {
    await gateway.reconfigure(edit(number));
    await until(() => counted.checks.includes(`edit-${number}`));
  }
  t.deepEqual({ images: images(), threads: threads() }, before);
  const from = counted.checks.length;
  await until(() => counted.checks.length >= from + 5);
  t.deepEqual([...new Set(counted.checks.slice(from))], [`edit-${EDITS}`]);
});

/** What `openclaw health` says of the plugin. */
async function troubles() {
  const { plugins } = await gateway.home.must("health", "--verbose", "--json");
  return plugins.errors
    .filter((error) => JSON.stringify(error).includes(PLUGIN))
    .map((error) => JSON.stringify(error));
}

test.serial("`openclaw health` names a dead host until it is back", async (t) => {
  await gateway.reconfigure(configOf(hosts, often));
  t.deepEqual(await troubles(), []);
  await hosts[1].stop("SIGKILL");
  const [trouble] = await until(async () => {
    const found = await troubles();
    return found.length > 0 && found;
  });
  t.regex(trouble, /1 of 2 GPU hosts is out: gpu-2 is unhealthy since 20\d\d-/);
  const { status, body } = await gateway.invoke("gpu_embed", { texts: ["still served"], output: "summary" });
  t.is(status, 200, JSON.stringify(body));
  const { port } = new URL(hosts[1].url);
  hosts[1] = await startHost({ key: hosts[1].key, env: { PORT: port } });
  await until(async () => (await troubles()).length === 0);
  t.pass();
});

test.serial("a deep security audit has nothing to say of the plugin", async (t) => {
  const { findings } = await gateway.home.must("security", "audit", "--deep", "--json");
  t.deepEqual(
    findings.filter(({ checkId, detail }) => checkId.startsWith("plugins.") || detail?.includes(PLUGIN)),
    [],
  );
});

/** What a host is doing, by its own word. */
async function jobsOf({ url, key }) {
  const response = await fetch(`${url}/status`, { headers: { "x-api-key": key } });
  return (await response.json()).active_jobs;
}

const busy = async () => (await Promise.all(hosts.map(jobsOf))).some((jobs) => jobs.length > 0);

/** Texts for minutes of work. */
function longFile(name) {
  writeFileSync(join(gateway.home.workspace, name), sentences(20_000, 200).join("\n"));
  return name;
}

test.serial("a job whose caller goes away ends on the hosts", async (t) => {
  const caller = new AbortController();
  const call = gateway
    .invoke("gpu_embed", { file: longFile("long.txt"), path: "long.npy" }, caller)
    .catch(({ name }) => name);
  await until(busy);
  caller.abort();
  t.is(await call, "AbortError");
  await until(async () => !(await busy()));
});

test.serial(
  "a gateway that is stopped ends the jobs that run, and leaves nothing of them behind",
  async (t) => {
    const file = longFile("longer.txt");
    const jobs = [
      gateway.invoke("gpu_embed", { file, path: "over-http.npy" }),
      gateway.rpc("tools.invoke", { name: "gpu_embed", args: { file, path: "over-rpc.npy" } }),
    ].map((job) => job.then(({ status }) => status).catch(({ message }) => message));
    await until(async () => (await Promise.all(hosts.map(jobsOf))).flat().length > 2);
    const started = performance.now();
    t.is(await gateway.stop(), 0);
    t.log(`stopped after ${Math.round(performance.now() - started)} ms`);
    for (const answer of await Promise.all(jobs)) t.not(answer, 200);
    await until(async () => !(await busy()));
    t.deepEqual(
      readdirSync(gateway.home.workspace).filter((name) => name.includes(".npy")),
      [],
    );
  },
);
