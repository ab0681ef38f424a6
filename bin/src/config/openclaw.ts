/** The plugin's config in OpenClaw's own config file, which is found the way OpenClaw finds it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { GpuBridgeConfig } from "../../../index.js";
import type { Environment } from "../environment.js";
import { UsageError } from "../failure.js";
import { isRecord, PLACE, pluginConfigIn, readFields, variablesIn } from "./file.js";
import { resolveReferences } from "./references.js";

const OLD_PLACE = "@elvatis_com/openclaw-gpu-bridge";

export async function openclawConfig(environment: Environment): Promise<GpuBridgeConfig> {
  const path = pathOf(environment);
  if (!existsSync(path)) throw nothingFound(`${path}, which is not there`);
  const file = await readFields(path);
  const config = pluginConfigIn(file);
  if (!config) throw nothingFound(`${path}, ${lackOf(file)}`);
  return resolveReferences(config, { path, environment, variables: variablesIn(file) });
}

function pathOf({ home, openclaw }: Environment): string {
  const state = openclaw.stateDir ?? join(openclaw.home ?? home, ".openclaw");
  return openclaw.configPath ?? join(state, "openclaw.json");
}

/** 0.2's README had the config stand under the package's name. */
function lackOf(file: Record<string, unknown>): string {
  const { plugins } = file;
  if (isRecord(plugins) && OLD_PLACE in plugins)
    return `which has the config where 0.2 had it; \`openclaw doctor --fix\` moves it to ${PLACE}`;
  return `which has no ${PLACE} (files it includes are not read)`;
}

function nothingFound(where: string): UsageError {
  return new UsageError(
    `No hosts are named. There is no --host and no --config; OpenClaw's config was looked for at ${where}.`,
  );
}
