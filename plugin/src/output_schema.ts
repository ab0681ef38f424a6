/**
 * Schemas of what tools answer. The host fails a call whose `details` hold more than their schema says; hosts of later
 * versions may say more. So details are cut down to their schema, and the schema is exact.
 */

export type OutputSchema = { description?: string } & (
  | {
      type: "object";
      properties: Record<string, OutputSchema>;
      required: string[];
      additionalProperties: false;
    }
  | { type: "array"; items: OutputSchema }
  | { type: Scalar | readonly [Scalar, "null"]; enum?: readonly string[] }
);

type Scalar = "string" | "number" | "integer" | "boolean";

export const string = { type: "string" } as const;
export const number = { type: "number" } as const;
export const integer = { type: "integer" } as const;
export const tokens = object({ tokens: integer });

/** An object of these properties and no other. Those whose name ends in `?` may be missing. */
export function object(properties: Record<string, OutputSchema>): OutputSchema {
  const name = (key: string) => key.replace("?", "");
  const entries = Object.entries(properties);
  return {
    type: "object",
    properties: Object.fromEntries(entries.map(([key, schema]) => [name(key), schema])),
    required: entries.map(([key]) => key).filter((key) => !key.endsWith("?")),
    additionalProperties: false,
  };
}

export function list(items: OutputSchema): OutputSchema {
  return { type: "array", items };
}

/** The value without whatever its schema doesn't name. */
export function project(schema: OutputSchema, value: unknown): unknown {
  if (schema.type === "array" && "items" in schema)
    return (value as unknown[]).map((item) => project(schema.items, item));
  if (schema.type !== "object" || !("properties" in schema)) return value;
  const record = value as Record<string, unknown>;
  const known = Object.entries(schema.properties).filter(([key]) => record[key] !== undefined);
  return Object.fromEntries(known.map(([key, property]) => [key, project(property, record[key])]));
}
