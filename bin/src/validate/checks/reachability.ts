/** Every host answers, takes work, and says what it is. */
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

function factsOf({ info }: HostReport): string {
  if (!info) return "answers";
  const { device, device_name, version, limits, loaded_models } = info;
  return [
    `${device} ${device_name}`.trim(),
    `version ${version ?? "0.2"}`,
    limits && `${limits.max_batch_size} texts a request, ${limits.max_concurrent} requests at once`,
    loaded_models.join(" "),
  ]
    .filter(Boolean)
    .join("; ");
}
