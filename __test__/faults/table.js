/** docs/FAULTS.md: a section with a table for each file of tests. Every run prints its table; asked to, it keeps it. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";

const FILE = new URL("../../docs/FAULTS.md", import.meta.url);
const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

const INTRODUCTION = `# Faults

What real faults of real hosts cost. Three gpu-service processes with a small model serve single texts, batches of 2000
texts, BERTScore and reranking all the time, all through one \`GpuBridge\` with a health check a second, while the fault
comes, stays and goes. Every answer is compared with that of an unharmed host (1e-5, and the order). The tests fail
where a call fails, an answer is wrong, \`hosts()\` doesn't show the fault, a host doesn't get work again by itself, a
host that is well is blamed, or a request, a thread or a descriptor is left behind. The times are measured and not judged.

_Retries_ are the requests that were sent again after a host had failed or refused them, _copies_ those that were sent to a
second host because the first was late. _Longest call_ is that of all calls that ended after the fault had
come. _Out_ is how long it took until \`hosts()\` showed the fault, _back_ how long from its end until the host was well and
had served a call, its start included.

\`GPU_BRIDGE_WRITE_FAULTS=1 npx ava --concurrency=1 '__test__/faults_*.test.js'\` writes this file.
`;
const HEADER = [
  "fault",
  "calls",
  "failed",
  "retries",
  "copies",
  "longest call",
  "out after",
  "back after",
  "`hosts()` said",
];

/** Prints the table of a section, and puts it into the file where `GPU_BRIDGE_WRITE_FAULTS` is set. */
export function record(section, rows) {
  const table = aligned([HEADER, HEADER.map(() => "-"), ...rows.map(cells)]);
  console.log(table);
  if (process.env.GPU_BRIDGE_WRITE_FAULTS)
    writeFileSync(FILE, withSection(section, `${measured()}\n\n${table}\n`));
}

function measured() {
  const day = new Date().toISOString().slice(0, 10);
  return `Version ${version}, ${day}, Node ${process.versions.node}, ${availableParallelism()} processors, all hosts on them.`;
}

function cells({ title, calls, failed, retries, hedges, longest, outAfter, backAfter, said }) {
  const shown = said ? `${said.health}${said.lastError ? `: ${said.lastError}` : ""}` : "—";
  const times = [longest, said && outAfter, backAfter].map(seconds);
  return [title, calls, failed.length, retries, hedges, ...times, shown.replaceAll("|", "\\|")].map(String);
}

function seconds(milliseconds) {
  return milliseconds === undefined ? "—" : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** The file with this section anew, the others as they are. */
function withSection(section, body) {
  const old = existsSync(FILE) ? readFileSync(FILE, "utf8").split(/^## /m).slice(1) : [];
  const others = old.filter((text) => !text.startsWith(`${section}\n`));
  const sections = [...others, `${section}\n\n${body}`].map((text) => `## ${text.trimEnd()}\n`);
  return [INTRODUCTION, ...sections.sort()].join("\n");
}

function aligned(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const pad = (cell, column) => (cell === "-" ? "-".repeat(widths[column]) : cell.padEnd(widths[column]));
  return rows.map((row) => `| ${row.map(pad).join(" | ")} |`).join("\n");
}
