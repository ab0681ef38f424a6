/**
 * What there is to see of the hosts, put together from what the pool knows of them (always there, costs nothing) and
 * what they last said of themselves (missing where a host doesn't answer). Pure: the clock is an argument.
 */
import type { ActiveJob, HostInfo, HostSnapshot, InfoResponse, StatusResponse } from "../../../index.js";

/** The fleet at one moment, as the page and the gateway method show it. */
export interface FleetView {
  /** RFC 3339, in UTC. */
  at: string;
  hosts: HostView[];
}

export interface HostView extends HostSnapshot {
  /** Tokens a second over time, oldest first, one number a {@link Sampler.SECONDS}. */
  throughput: number[];
  info?: Pick<HostInfo, "device" | "device_name" | "vram_used_mb" | "vram_total_mb" | "loaded_models">;
  jobs: ActiveJob[];
  /** Why it didn't say what it does, where it was asked and didn't. */
  silent?: string;
}

/** What the hosts said of themselves; `undefined` where none of them did. */
export interface Said {
  info?: InfoResponse | undefined;
  status?: StatusResponse | undefined;
}

export function fleetView(
  snapshots: HostSnapshot[],
  { info, status }: Said,
  throughput: (name: string) => number[],
  now: Date,
): FleetView {
  const hosts = snapshots.map((snapshot) => ({
    ...snapshot,
    throughput: throughput(snapshot.name),
    ...described(info, snapshot.name),
    ...working(status, snapshot.name),
  }));
  return { at: now.toISOString(), hosts };
}

function described(info: InfoResponse | undefined, name: string): Pick<HostView, "info"> {
  const answer = info?.hosts.find((host) => host.name === name);
  if (!answer || answer.error) return {};
  const { device, device_name, vram_used_mb, vram_total_mb, loaded_models } = answer;
  return { info: { device, device_name, vram_used_mb, vram_total_mb, loaded_models } };
}

function working(status: StatusResponse | undefined, name: string): Pick<HostView, "jobs" | "silent"> {
  const answer = status?.hosts.find((host) => host.name === name);
  if (!answer) return { jobs: [] };
  if (answer.error) return { jobs: [], silent: answer.error.message };
  return { jobs: answer.active_jobs };
}
