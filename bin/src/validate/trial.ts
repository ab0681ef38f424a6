/** What the checks of one validation share: the hosts, and bridges over any of them. */
import {
  GpuBridgeError,
  type CallOptions,
  type EmbedRequest,
  type GpuBridge,
  type GpuBridgeConfig,
  type HostConfig,
} from "../../../index.js";
import { withHosts, type NamedHost } from "../config/hosts.js";
import type { Context } from "../run.js";

export interface Trial {
  context: Context;
  config: GpuBridgeConfig;
  /** All hosts of the config. */
  hosts: NamedHost[];
  /** Those that answer and take their key: what the checks of the pool run on. */
  usable: NamedHost[];
  model: string | undefined;
  calls: CallOptions;
}

/** A bridge over these hosts alone. Copies of late requests would blur the counts, so there are none. */
export function bridgeOver(
  trial: Trial,
  hosts: HostConfig[],
  more: Partial<GpuBridgeConfig> = {},
): GpuBridge {
  return trial.context.open({ ...withHosts(trial.config, hosts), hedge: { enabled: false }, ...more });
}

/** The request for these texts. */
export function requestFor({ model }: Trial, texts: string[]): EmbedRequest {
  return { texts, ...(model === undefined ? {} : { model }) };
}

/** Counts the calls that each host of a bridge gets from now on. */
export function countCalls(bridge: GpuBridge): () => [string, number][] {
  const before = new Map(bridge.hosts().map(({ name, requests }) => [name, requests]));
  return () => bridge.hosts().map(({ name, requests }) => [name, requests - (before.get(name) ?? 0)]);
}

/** Counts as text: `gpu-1 10, gpu-2 10`. */
export function shown(counts: [string, number | string][]): string {
  return counts.map(([name, count]) => `${name} ${count}`).join(", ");
}

/** A failure in a few words. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof GpuBridgeError)) return error instanceof Error ? error.message : String(error);
  return `${error.code}${error.status ? ` (HTTP ${error.status})` : ""}: ${error.message}`;
}
