/**
 * Checks tool parameters against the very schema that the host shows to models: the host itself checks them in agent
 * turns only, not over HTTP. Knows the few keywords the tools use.
 */
import { ToolInputError } from "./errors.js";

export type Schema = { description?: string } & (
  | { type: "string"; enum?: readonly string[]; minLength?: number }
  | { type: "integer"; minimum?: number; maximum?: number }
  | { type: "boolean" }
  | { type: "array"; items: Schema; minItems?: number }
  | ObjectSchema
);

export interface ObjectSchema {
  type: "object";
  properties: Record<string, Schema>;
  required?: readonly string[];
  additionalProperties: false;
}

/** Throws a {@link ToolInputError} that names the first parameter that is wrong. */
export function checkParameters(schema: ObjectSchema, parameters: unknown): void {
  if (!isRecord(parameters)) throw wrong("The parameters", parameters, "have to be an object");
  checkProperties(schema, parameters);
}

function checkProperties(schema: ObjectSchema, value: Record<string, unknown>): void {
  const known = Object.keys(schema.properties);
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new ToolInputError(`There is no parameter \`${unknown}\`; ${allowed(known)}.`);
  const missing = schema.required?.find((key) => value[key] === undefined);
  if (missing !== undefined) throw new ToolInputError(`The parameter \`${missing}\` is missing.`);
  for (const [key, property] of Object.entries(schema.properties)) {
    if (value[key] !== undefined) check(property, value[key], key);
  }
}

function check(schema: Schema, value: unknown, path: string): void {
  switch (schema.type) {
    case "string":
      return checkString(schema, value, path);
    case "integer":
      return checkInteger(schema, value, path);
    case "boolean":
      return expect(typeof value === "boolean", path, value, "has to be true or false");
    case "array":
      return checkArray(schema, value, path);
    case "object":
      expect(isRecord(value), path, value, "has to be an object");
      return checkProperties(schema, value as Record<string, unknown>);
  }
}

function checkString(schema: { enum?: readonly string[]; minLength?: number }, value: unknown, path: string) {
  expect(typeof value === "string", path, value, "has to be a string");
  const { enum: choices, minLength = 0 } = schema;
  expect((value as string).length >= minLength, path, value, "has to be a string that is not empty");
  if (choices)
    expect(choices.includes(value as string), path, value, `has to be one of ${choices.join(", ")}`);
}

function checkInteger(schema: { minimum?: number; maximum?: number }, value: unknown, path: string): void {
  const { minimum = -Infinity, maximum = Infinity } = schema;
  const holds = Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum;
  expect(holds, path, value, `has to be a whole number${range(minimum, maximum)}`);
}

function range(minimum: number, maximum: number): string {
  if (Number.isFinite(maximum)) return ` from ${minimum} to ${maximum}`;
  return Number.isFinite(minimum) ? ` of at least ${minimum}` : "";
}

function checkArray(schema: { items: Schema; minItems?: number }, value: unknown, path: string): void {
  expect(Array.isArray(value), path, value, "has to be a list");
  const list = value as unknown[];
  if (list.length < (schema.minItems ?? 0))
    throw new ToolInputError(`\`${path}\` is empty; give at least one.`);
  list.forEach((item, index) => check(schema.items, item, `${path}[${index}]`));
}

function expect(holds: boolean, path: string, value: unknown, wanted: string): void {
  if (!holds) throw wrong(`\`${path}\``, value, wanted);
}

function wrong(what: string, value: unknown, wanted: string): ToolInputError {
  return new ToolInputError(`${what} ${wanted}, not ${describe(value)}.`);
}

function allowed(known: string[]): string {
  return known.length === 0 ? "this tool takes none" : `this tool takes ${known.join(", ")}`;
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return `"${value.slice(0, 40)}"`;
  return typeof value === "object" ? "an object" : String(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
