/**
 * The plugin's config, from `api.pluginConfig`. What it may hold is the bridge's business; here it is only told apart
 * whether a host is named at all, so that an unconfigured plugin stays quiet until a tool is called.
 */
import type { GpuBridgeConfig } from "../../index.js";

/** The config, or `undefined` where it names no host. */
export function readConfig(pluginConfig: unknown): GpuBridgeConfig | undefined {
  if (typeof pluginConfig !== "object" || pluginConfig === null) return undefined;
  const config = pluginConfig as GpuBridgeConfig;
  return config.hosts?.length || config.serviceUrl || config.url ? config : undefined;
}

/** Seconds a call may take; the core's default where none is set, or something that it will refuse. */
export function timeoutSeconds(config: GpuBridgeConfig | undefined): number {
  return positive(config?.timeout) ?? 45;
}

/** Seconds between health checks, likewise. */
export function healthCheckSeconds(config: GpuBridgeConfig | undefined): number {
  return positive(config?.healthCheckIntervalSeconds) ?? 30;
}

function positive(value: unknown): number | undefined {
  return typeof value === "number" && value > 0 && Number.isFinite(value) ? value : undefined;
}
