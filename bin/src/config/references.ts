/**
 * References to environment variables in a config, as OpenClaw resolves them: `"${NAME}"` in any string, and
 * `{ source: "env", id: "NAME" }` in the place of a key. Secrets in files or from programs only OpenClaw can look up.
 */
import type { GpuBridgeConfig } from "../../../index.js";
import type { Environment } from "../environment.js";
import { UsageError } from "../failure.js";

interface Scope {
  path: string;
  environment: Environment;
  variables: Record<string, unknown>;
}

/** `$${NAME}` stands for the text `${NAME}`. */
const REFERENCE = /(\$?)\$\{([A-Z_][A-Z0-9_]*)\}/g;

export function resolveReferences(config: Record<string, unknown>, scope: Scope): GpuBridgeConfig {
  return resolve(config, scope) as GpuBridgeConfig;
}

function resolve(value: unknown, scope: Scope): unknown {
  if (typeof value === "string") return fillIn(value, scope);
  if (Array.isArray(value)) return value.map((item) => resolve(item, scope));
  if (typeof value !== "object" || value === null) return value;
  if ("source" in value && "id" in value) return secret(value, scope);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, scope)]));
}

function fillIn(text: string, scope: Scope): string {
  return text.replace(REFERENCE, (whole, escape: string, name: string) =>
    escape ? whole.slice(1) : variable(name, scope),
  );
}

function secret({ source, id }: { source: unknown; id: unknown }, scope: Scope): string {
  if (source === "env" && typeof id === "string") return variable(id, scope);
  throw new UsageError(
    `${scope.path} takes a key from the source "${String(source)}", which only OpenClaw can look up. ` +
      "Run the command as `openclaw gpu`, or put the key into GPU_BRIDGE_API_KEY and name hosts with --host.",
  );
}

function variable(name: string, { path, environment, variables }: Scope): string {
  const value = environment.variable(name) ?? variables[name];
  if (typeof value === "string") return value;
  throw new UsageError(`${path} refers to the environment variable ${name}, which is not set.`);
}
