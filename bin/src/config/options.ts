/** The flags that say which hosts there are, and which of the three places the config comes from. */
import type { Command } from "commander";
import type { GpuBridgeConfig, HostConfig } from "../../../index.js";
import type { Environment } from "../environment.js";
import { readConfigFile } from "./file.js";
import { seconds } from "../input/numbers.js";
import { hostFlag } from "./host_flag.js";
import { openclawConfig } from "./openclaw.js";

export interface ConfigOptions {
  host?: string[];
  config?: string;
  timeout?: string;
  loadBalancing?: string;
}

export function addConfigOptions(program: Command): void {
  const collect = (value: string, before: string[] = []) => [...before, value];
  program
    .option("--host <url,…>", "a host; repeat it for more", collect)
    .option("--config <file>", "the file that holds the config")
    .option("--timeout <seconds>", "seconds one call may take")
    .option("--load-balancing <how>", "how a host is picked: round-robin or least-busy");
}

/** The config that the flags, the file or OpenClaw give, in this order. What it may hold, the bridge checks. */
export async function configFrom(options: ConfigOptions, environment: Environment): Promise<GpuBridgeConfig> {
  const timeout = timeoutOf(options);
  const key = environment.variable("GPU_BRIDGE_API_KEY");
  const config = {
    ...(key === undefined ? {} : { apiKey: key }),
    ...(await placeOf(options, environment)),
    ...(timeout === undefined ? {} : { timeout }),
    ...(options.loadBalancing === undefined ? {} : { loadBalancing: options.loadBalancing }),
  };
  return config as GpuBridgeConfig;
}

/** Seconds, where the flag is there. */
export function timeoutOf({ timeout }: ConfigOptions): number | undefined {
  return seconds("--timeout", timeout);
}

async function placeOf(options: ConfigOptions, environment: Environment): Promise<GpuBridgeConfig> {
  if (options.host) return { hosts: options.host.map((flag): HostConfig => hostFlag(flag, environment)) };
  if (options.config !== undefined) return readConfigFile(options.config, environment);
  return openclawConfig(environment);
}
