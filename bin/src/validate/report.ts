/** The findings as a table, as JSON, and as a marked section of a Markdown file that later runs replace. */
import { readFile } from "node:fs/promises";
import { unreadable } from "../file_errors.js";
import { table } from "../terminal/table.js";
import { writeWhole } from "../whole_file.js";
import type { Finding } from "./finding.js";

export interface Validation {
  /** RFC 3339. */
  date: string;
  versions: { package: string; node: string; hosts: Record<string, string> };
  /** The config refuses URLs with a user name or a password in them. */
  hosts: { name: string; url: string }[];
  findings: Finding[];
  passed: boolean;
}

const BEGIN = "<!-- gpu-bridge validate: begin -->";
const END = "<!-- gpu-bridge validate: end -->";

export function asTable({ findings }: Validation): string {
  const rows = findings.map(({ check, host, outcome, evidence }) => [
    check,
    host ?? "all",
    outcome,
    evidence,
  ]);
  return table(["CHECK", "HOST", "RESULT", "EVIDENCE"], rows) + `\n${countsOf(findings)}\n`;
}

export function countsOf(findings: Finding[]): string {
  const count = (outcome: Finding["outcome"]) =>
    findings.filter((finding) => finding.outcome === outcome).length;
  return `${count("pass")} passed, ${count("fail")} failed, ${count("warn")} warnings, ${count("skip")} skipped`;
}

/** Writes the section into the file: in the place of the old one, else at the end. */
export async function writeReport(path: string, validation: Validation): Promise<void> {
  const before = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw unreadable(path, error);
  });
  await writeWhole(path, placed(before, asMarkdown(validation)));
}

export function placed(before: string, section: string): string {
  const [begin, end] = [before.indexOf(BEGIN), before.indexOf(END)];
  if (begin !== -1 && end > begin) return before.slice(0, begin) + section + before.slice(end + END.length);
  return (before.trim() === "" ? "" : `${before.trimEnd()}\n\n`) + section + "\n";
}

export function asMarkdown({ date, versions, hosts, findings }: Validation): string {
  const host = ({ name, url }: { name: string; url: string }) =>
    `- ${cell(name)}: ${cell(url)}, version ${versions.hosts[name] ?? "unknown"}`;
  const row = ({ check, host, outcome, evidence }: Finding) =>
    `| ${[check, host ?? "all", outcome, evidence].map(cell).join(" | ")} |`;
  return [
    BEGIN,
    "## Live multi-host",
    "",
    `${date}, gpu-bridge ${versions.package}, Node ${versions.node}: ${countsOf(findings)}.`,
    "",
    ...hosts.map(host),
    "",
    "| check | host | result | evidence |",
    "|---|---|---|---|",
    ...findings.map(row),
    END,
  ].join("\n");
}

const cell = (text: string) => text.replaceAll("|", "\\|").replace(/\s+/g, " ");
