/** The plugin's config in OpenClaw's own config file, which is found the way OpenClaw finds it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { GpuBridgeConfig } from "../../../index.js";
import type { Environment } from "../environment.js";
import { UsageError } from "../failure.js";
import { PLACE, pluginConfigIn, readFields, variablesIn } from "./file.js";
import { resolveReferences } from "./references.js";

export async function openclawConfig(environment: Environment): Promise<GpuBridgeConfig> {
  const path = pathOf(environment);
  if (!existsSync(path)) throw nothingFound(`${path}, which is not there`);
  const file = await readFields(path);
  const config = pluginConfigIn(file);
  if (!config) throw nothingFound(`${path}, which has no ${PLACE} (files it includes are not read)`);
  return resolveReferences(config, { path, environment, variables: variablesIn(file) });
}

function pathOf({ home, openclaw }: Environment): string {
  const state = openclaw.stateDir ?? join(openclaw.home ?? home, ".openclaw");
  return openclaw.configPath ?? join(state, "openclaw.json");
}

function nothingFound(where: string): UsageError {
  return new UsageError(
    `No hosts are named. There is no --host and no --config; OpenClaw's config was looked for at ${where}.`,
  );
}
