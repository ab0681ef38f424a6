/**
 * Indexing through OpenClaw's memory search beside a bulk call: the same chunks, the same two hosts. What the command
 * takes when there is nothing to do is its own start and counts for neither.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { configOf, MODEL, startPair, stopHosts } from "../__test__/support/gpu_service.js";
import { OpenClawHome } from "../__test__/support/openclaw_home.js";
import { installPlugin } from "../__test__/support/gateway.js";
import { sentences } from "../__test__/support/texts.js";
import { GpuBridge } from "../index.js";
import { column } from "../demo/screen.mjs";
import { bold, line } from "../scripts/run/terminal.mjs";
import { openclawFolder } from "../scripts/setup/openclaw.mjs";

const INDEX = "openclaw-agent.sqlite";
const node = join(openclawFolder, "node_modules", "node", "bin", "node");

const CHUNKS = 2_000;
/** Sentences that fill a chunk of OpenClaw's 400 tokens, roughly. */
const SENTENCES = 17;
const FILES = 50;

export async function bench() {
  const hosts = await startPair();
  const home = await installPlugin(configOf(hosts), { config: { memory: { search: search(false) } } });
  try {
    writeNotes(home);
    line(bold("Memory index of OpenClaw beside one bulk call"));
    for (const batch of [false, true]) await measure(home, hosts, batch);
  } finally {
    home.remove();
    await stopHosts(hosts);
  }
}

const search = (enabled) => ({ provider: "gpu-bridge", model: MODEL, remote: { batch: { enabled } } });

async function measure(home, hosts, batch) {
  const config = home.readConfig();
  config.memory.search = search(batch);
  home.writeConfig(config);
  removeIndex(home);
  const first = await timed(() => home.must("memory", "index", "--force"));
  const nothing = await timed(() => home.must("memory", "index"));
  const chunks = chunksOf(home);
  const bridge = new GpuBridge(configOf(hosts));
  const direct = await timed(() => bridge.embed({ texts: chunks }, { timeout: 3600 }));
  await bridge.close();
  const indexed = first - nothing;
  const name = batch ? "source-wide batches" : "as it comes";
  const rates = [indexed, direct].map((seconds) => `${(chunks.length / seconds).toFixed(1)} chunks/s`);
  line(`  ${column(name, 22)} index ${rates[0]}, bulk ${rates[1]}: ${(direct / indexed).toFixed(2)}`);
}

function writeNotes(home) {
  const folder = join(home.workspace, "memory");
  mkdirSync(folder, { recursive: true });
  const all = sentences(CHUNKS * SENTENCES, 12);
  const size = all.length / FILES;
  for (let file = 0; file < FILES; file += 1)
    writeFileSync(join(folder, `note-${file}.md`), all.slice(file * size, (file + 1) * size).join("\n"));
}

/** What was indexed, read out of the index itself. */
function chunksOf(home) {
  const read = `const { DatabaseSync } = require("node:sqlite");
    const rows = new DatabaseSync(process.argv[1]).prepare("SELECT text FROM memory_index_chunks").all();
    process.stdout.write(JSON.stringify(rows.map(({ text }) => text)));`;
  const options = { maxBuffer: 1 << 30, stdio: ["ignore", "pipe", "ignore"] };
  return JSON.parse(execFileSync(node, ["-e", read, join(agentOf(home), INDEX)], options));
}

/** The index, and with it the vectors that a second run would take from its cache. */
function removeIndex(home) {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(join(agentOf(home), INDEX + suffix), { force: true });
}

const agentOf = (home) => join(home.state, "agents", "main", "agent");

async function timed(work) {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
