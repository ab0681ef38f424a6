/** The survey as a table, and as JSON. */
import { tellsItself } from "../config/hosts.js";
import { count, mebibytes } from "../terminal/numbers.js";
import { table } from "../terminal/table.js";
import type { HostReport } from "./survey.js";

/** What only some hosts tell. */
const DETAILS = ["DEVICE", "MEMORY", "QUEUE", "IN FLIGHT", "TOKENS/S"];
const HEADER = ["HOST", "HEALTH", "BREAKER", ...DETAILS, "MODELS"];
const UNKNOWN = "-";

export function asTable(reports: HostReport[]): string {
  const notes = reports
    .filter(({ detail }) => detail)
    .map(({ name, url, detail }) => `\n${name} (${url}): ${detail}\n`);
  return table(HEADER, reports.map(row)) + notes.join("");
}

export function asJson(reports: HostReport[]): string {
  return JSON.stringify({ serving: reports.filter(({ serves }) => serves).length, hosts: reports }) + "\n";
}

function row(report: HostReport): string[] {
  const { name, health, snapshot, info } = report;
  const state = [name, health, snapshot.breaker];
  const models = info ? info.loaded_models.join(" ") || "none" : UNKNOWN;
  return [...state, ...(tellsItself(snapshot) ? details(report) : DETAILS.map(() => UNKNOWN)), models];
}

function details(report: HostReport): string[] {
  const { info, queue } = report;
  return [
    info ? `${info.device} ${info.device_name}`.trim() : UNKNOWN,
    memory(report),
    queue ? `${count(queue.queued_tokens)} tokens` : UNKNOWN,
    queue ? `${queue.in_flight}/${queue.max_concurrent}` : UNKNOWN,
    queue ? count(queue.tokens_per_second) : UNKNOWN,
  ];
}

function memory({ info }: HostReport): string {
  if (info?.vram_used_mb == null || info.vram_total_mb == null) return UNKNOWN;
  return `${mebibytes(info.vram_used_mb)} of ${mebibytes(info.vram_total_mb)}`;
}
