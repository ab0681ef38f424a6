/** A config file: the plugin's config by itself, or an OpenClaw config that holds it, as JSON or JSON5. */
import { readFile } from "node:fs/promises";
import json5 from "json5";
import type { GpuBridgeConfig } from "../../../index.js";
import type { Environment } from "../environment.js";
import { UsageError } from "../failure.js";
import { unreadable } from "../file_errors.js";
import { resolveReferences } from "./references.js";

export const PLUGIN_ID = "openclaw-gpu-bridge";

/** Where an OpenClaw config holds the plugin's. */
export const PLACE = `plugins.entries["${PLUGIN_ID}"].config`;

type Fields = Record<string, unknown>;

export async function readConfigFile(path: string, environment: Environment): Promise<GpuBridgeConfig> {
  const file = await readFields(path);
  const config = file["plugins"] === undefined ? file : pluginConfigIn(file);
  if (config === undefined) throw new UsageError(`${path} is an OpenClaw config without ${PLACE}.`);
  return resolveReferences(config, { path, environment, variables: variablesIn(file) });
}

/** The plugin's part of an OpenClaw config. */
export function pluginConfigIn(file: Fields): Fields | undefined {
  const found = [PLUGIN_ID, "config"].reduce<unknown>(
    (value, key) => (isRecord(value) ? value[key] : undefined),
    isRecord(file["plugins"]) ? file["plugins"]["entries"] : undefined,
  );
  return isRecord(found) ? found : undefined;
}

/** The object that a file holds. */
export async function readFields(path: string): Promise<Fields> {
  const fields = parse(path, await contentOf(path));
  if (!isRecord(fields))
    throw new UsageError(`${path} holds no object, such as { "hosts": [{ "url": "…" }] }.`);
  return fields;
}

/** What OpenClaw takes for environment variables that are not set: `env.vars`. */
export function variablesIn(file: Fields): Fields {
  const vars = isRecord(file["env"]) ? file["env"]["vars"] : undefined;
  return isRecord(vars) ? vars : {};
}

async function contentOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw unreadable(`The config ${path}`, error);
  }
}

function parse(path: string, text: string): unknown {
  try {
    return json5.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new UsageError(`The config ${path} is no JSON5: ${(error as Error).message}.`);
  }
}

export function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
