/**
 * Keys that the config only refers to. A gateway puts them in before a plugin sees its config; OpenClaw's commands, each
 * a process of its own, hand the config over as it is written, so there they are looked up on the first use, by
 * OpenClaw's own means. Nothing is remembered here, and no key is ever put into a message.
 */
import type { GpuBridgeConfig } from "../../index.js";
import { NotConfiguredError } from "./errors.js";

/** Gives what a reference stands for, or the reason why that can't be had. */
export type Lookup = (reference: unknown, path: string) => Promise<Found>;

interface Found {
  value?: string;
  unresolvedRefReason?: string;
}

const VARIABLE = /^\$\{[A-Z_][A-Z0-9_]*\}$/;
const CONFIG = "plugins.entries.openclaw-gpu-bridge.config";

/** The config with the keys themselves. Throws where one can't be had. */
export async function withKeys(config: GpuBridgeConfig, lookup: Lookup): Promise<GpuBridgeConfig> {
  const filled = async <Keyed extends { apiKey?: string }>(keyed: Keyed, path: string): Promise<Keyed> =>
    refers(keyed.apiKey) ? { ...keyed, apiKey: await keyOf(keyed.apiKey, `${path}.apiKey`, lookup) } : keyed;
  const hosts = config.hosts?.map((host, index) => filled(host, `${CONFIG}.hosts[${index}]`));
  return { ...(await filled(config, CONFIG)), ...(hosts && { hosts: await Promise.all(hosts) }) };
}

function refers(key: unknown): boolean {
  return (typeof key === "object" && key !== null) || (typeof key === "string" && VARIABLE.test(key));
}

async function keyOf(reference: unknown, path: string, lookup: Lookup): Promise<string> {
  const { value, unresolvedRefReason } = await lookup(reference, path);
  if (value !== undefined) return value;
  throw new NotConfiguredError(unresolvedRefReason ?? `${path} refers to a key that is empty.`);
}

/** Asks the OpenClaw that runs this process, whose config says where secrets are. */
export function lookupBy(config: unknown): Lookup {
  return async (value, path) => {
    const { resolveConfiguredSecretInputString } = await import("openclaw/plugin-sdk/secret-input-runtime");
    const where = { config, env: process.env, path, unresolvedReasonStyle: "detailed" } as const;
    return resolveConfiguredSecretInputString({ value, ...where });
  };
}
