/** Parameters that several tools have in common. */
import type { ObjectSchema, Schema } from "../schema.js";

export function parameters(properties: Record<string, Schema>, ...required: string[]): ObjectSchema {
  return { type: "object", properties, required, additionalProperties: false };
}

export function texts(description: string) {
  return { type: "array", items: { type: "string" }, minItems: 1, description } as const;
}

export function model(kind: string) {
  const description = `${kind} model (default: the configured one, else the host's)`;
  return { type: "string", minLength: 1, description } as const;
}
