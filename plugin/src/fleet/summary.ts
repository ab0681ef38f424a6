/** The fleet in a few lines, for `/gpu` in a chat. */
import type { FleetView, HostView } from "./view.js";

export function summary({ hosts }: FleetView): string {
  const well = hosts.filter(({ health }) => health === "healthy").length;
  return [`${well} of ${hosts.length} GPU hosts are healthy.`, ...hosts.map(hostLine)].join("\n");
}

function hostLine({ name, health, inFlight, jobs, tokensPerSecond, info, lastError }: HostView): string {
  const parts = [
    info?.device_name,
    info && memory(info),
    `${jobs.length || inFlight} running`,
    tokensPerSecond && `${Math.round(tokensPerSecond)} tokens/s`,
    lastError,
  ];
  return `${name}: ${[health, ...parts.filter(Boolean)].join(", ")}`;
}

function memory({ vram_used_mb, vram_total_mb }: NonNullable<HostView["info"]>): string | undefined {
  if (vram_used_mb === null || vram_total_mb === null) return undefined;
  return `${(vram_used_mb / 1024).toFixed(1)} of ${(vram_total_mb / 1024).toFixed(1)} GiB`;
}
