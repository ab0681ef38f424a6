/** The survey as a table, and as JSON. */
import { tellsItself } from "../config/hosts.js";
import { count, memoryOf } from "../terminal/numbers.js";
import { shorten, table, width } from "../terminal/table.js";
import type { HostReport } from "./survey.js";

/** What only some hosts tell. */
const LOAD = ["MEMORY", "QUEUE", "IN FLIGHT", "TOKENS/S"];
const UNKNOWN = "-";
const INDENT = "  ";

/** @param columns of the terminal, where there is one: a table that is too wide for it has two lines a host */
export function asTable(reports: HostReport[], columns = Infinity): string {
  const wide = inOneLine(reports);
  return (width(wide) > columns ? inTwoLines(reports, columns) : wide) + notesOf(reports);
}

/** @param facts the date, as RFC 3339 has it, and why there are no hosts */
export function asJson(
  { date, detail }: { date: string; detail: string | undefined },
  reports: HostReport[],
): string {
  const serving = reports.filter(({ serves }) => serves).length;
  return JSON.stringify({ date, serving, hosts: reports, detail }) + "\n";
}

function inOneLine(reports: HostReport[]): string {
  const header = ["HOST", "HEALTH", "BREAKER", "DEVICE", ...LOAD, "MODELS"];
  const row = (report: HostReport) => {
    const { name, health, snapshot } = report;
    return [name, health, snapshot.breaker, deviceOf(report), ...loadOf(report), modelsOf(report)];
  };
  return table(header, reports.map(row));
}

function inTwoLines(reports: HostReport[], columns: number): string {
  const row = (report: HostReport) => [report.name, report.health, ...loadOf(report)];
  const [header, ...lines] = table(["HOST", "HEALTH", ...LOAD], reports.map(row))
    .trimEnd()
    .split("\n");
  const more = (report: HostReport) =>
    INDENT + shorten(wordsOf(report).join("; "), Math.max(columns - INDENT.length, 0));
  return [header, ...reports.flatMap((report, index) => [lines[index], more(report)])].join("\n") + "\n";
}

function wordsOf(report: HostReport): string[] {
  const known = [deviceOf(report), modelsOf(report)].filter((word) => word !== UNKNOWN);
  return [`breaker ${report.snapshot.breaker}`, ...known];
}

function notesOf(reports: HostReport[]): string {
  const notes = reports.filter(({ detail }) => detail);
  return notes.map(({ name, url, detail }) => `\n${name} (${url}): ${detail}\n`).join("");
}

function deviceOf({ snapshot, info }: HostReport): string {
  return info && tellsItself(snapshot) ? `${info.device} ${info.device_name}`.trim() : UNKNOWN;
}

function modelsOf({ info }: HostReport): string {
  return info ? info.loaded_models.join(" ") || "none" : UNKNOWN;
}

function loadOf(report: HostReport): string[] {
  const { snapshot, queue } = report;
  if (!queue || !tellsItself(snapshot)) return [memory(report), UNKNOWN, UNKNOWN, UNKNOWN];
  return [
    memory(report),
    `${count(queue.queued_tokens)} tokens`,
    `${queue.in_flight}/${queue.max_concurrent}`,
    count(queue.tokens_per_second),
  ];
}

function memory({ info }: HostReport): string {
  if (info?.vram_used_mb == null || info.vram_total_mb == null) return UNKNOWN;
  return memoryOf(info.vram_used_mb, info.vram_total_mb);
}
