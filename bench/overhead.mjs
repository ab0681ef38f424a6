/**
 * What the client costs: this one beside undici's Pool, node's `http` and `fetch`, each in a process of its own,
 * against a stub in another. The clients take turns in every round; medians count. The stub's own load is shown, for
 * a stub that is busy would be what was measured.
 */
import { availableParallelism } from "node:os";
import { column } from "../demo/screen.mjs";
import { bold, dim, line } from "../scripts/run/terminal.mjs";
import { Child } from "./child.mjs";
import { median } from "./median.mjs";
import { BareClient } from "./overhead/bare_client.mjs";
import { WORKLOADS } from "./overhead/workloads.mjs";

const ROUNDS = 7;
const CONTESTANTS = [
  { name: "gpu-bridge, safetensors", client: "bridge", kind: "safetensors" },
  { name: "gpu-bridge, JSON", client: "bridge", kind: "json" },
  { name: "undici Pool", client: "undici", kind: "json" },
  { name: "node:http", client: "http", kind: "json" },
  { name: "fetch", client: "fetch", kind: "json" },
];
const COLUMNS = [
  { title: "calls/s", of: ({ rate }) => rate.toFixed(rate < 100 ? 1 : 0) },
  { title: "CPU ms", of: ({ cpu }) => cpu.toFixed(3) },
  { title: "p50 ms", of: ({ p50 }) => p50.toFixed(3) },
  { title: "loop p99 ms", of: ({ loop }) => loop.toFixed(2) },
  { title: "stub", of: ({ stub }) => `${(100 * stub).toFixed(0)} %` },
  { title: "CPU/undici", of: ({ cpu }, undici) => `${(cpu / undici.cpu).toFixed(2)}x` },
];

export async function bench() {
  const { child: stub, ready } = await Child.start(here("overhead/stub.mjs"));
  const url = (kind) => `http://127.0.0.1:${ready.port}/${kind}`;
  const started = CONTESTANTS.map(async ({ name, client, kind }) => {
    const { child } = await Child.start(here("overhead/contestant.mjs"), client, url(kind));
    return { name, child };
  });
  const clients = await Promise.all(started);
  const bare = new BareClient(url("safetensors"));
  try {
    line(
      dim(`\n${availableParallelism()} cores, Node ${process.versions.node}, medians of ${ROUNDS} rounds`),
    );
    for (const workload of WORKLOADS) await compare(workload, clients, stub);
    await compareWithBare(clients[0].child, bare);
  } finally {
    for (const { child } of clients) child.stop();
    bare.stop();
    stub.stop();
  }
}

async function compare(workload, clients, stub) {
  const rounds = new Map(clients.map(({ name }) => [name, []]));
  for (let round = -1; round < ROUNDS; round += 1) {
    for (const { name, child } of clients) {
      const figures = await besideStub(stub, () => child.ask(workload));
      if (round >= 0) rounds.get(name).push(figures);
    }
  }
  show(workload, new Map([...rounds].map(([name, figures]) => [name, medians(figures)])));
}

/** The figures of a round, and the part of it for which the stub was busy. */
async function besideStub(stub, round) {
  const [before, started] = [await stub.ask({}), performance.now()];
  const figures = await round();
  const took = performance.now() - started;
  const after = await stub.ask({});
  return { ...figures, stub: (after.user + after.system - before.user - before.system) / 1000 / took };
}

/** One caller from JavaScript beside a loop in Rust, with the same requests. */
async function compareWithBare(ours, bare) {
  const single = WORKLOADS.find(({ count, callers }) => count === 1 && callers === 1);
  const rounds = [];
  for (let round = -1; round < ROUNDS; round += 1) {
    const [js, rust] = [await ours.ask(single), await bare.p50(single.requests)];
    if (round >= 0) rounds.push({ js: 1000 * js.p50, rust: 1000 * rust, added: 1000 * (js.p50 - rust) });
  }
  const { js, rust, added } = medians(rounds);
  const figures = `p50 ${js.toFixed(0)} µs, a bare Rust client ${rust.toFixed(0)} µs`;
  line(`\n${bold(column(single.name, 26))}${figures}, ${bold(`${added.toFixed(0)} µs more`)}`);
}

function medians(figures) {
  const keys = Object.keys(figures[0]);
  return Object.fromEntries(keys.map((key) => [key, median(figures.map((figure) => figure[key]))]));
}

function show(workload, results) {
  const titles = COLUMNS.map(({ title }) => title.padStart(13)).join("");
  line(`\n${bold(column(workload.name, 26) + titles)}`);
  const undici = results.get("undici Pool");
  for (const [name, figures] of results) {
    line(column(name, 26) + COLUMNS.map(({ of }) => of(figures, undici).padStart(13)).join(""));
  }
}

const here = (path) => new URL(path, import.meta.url);
