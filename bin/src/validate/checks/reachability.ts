/** Every host answers, takes work, and says what it is. */
import { tellsItself } from "../../config/hosts.js";
import type { HostReport } from "../../status/survey.js";
import { findingsOf, type Finding } from "../finding.js";

const { pass, fail } = findingsOf("reachable");

export function reachability(reports: HostReport[]): Finding[] {
  return reports.map((report) =>
    report.serves
      ? pass(factsOf(report), report.name)
      : fail(`${report.health}: ${report.detail ?? "no reason given"}`, report.name),
  );
}

function factsOf({ info, snapshot }: HostReport): string {
  if (!info) return "answers";
  const models = info.loaded_models.join(" ");
  if (!tellsItself(snapshot)) return `speaks ${snapshot.protocol}; ${models || "lists no models"}`;
  const { device, device_name, version, limits } = info;
  const bounds =
    limits && `${limits.max_batch_size} texts a request, ${limits.max_concurrent} requests at once`;
  return [`${device} ${device_name}`.trim(), `version ${version ?? "0.2"}`, bounds, models]
    .filter(Boolean)
    .join("; ");
}
