/**
 * The text that a line holds: the line itself, or a field of the JSON object on it, such as `body` or `message.text`.
 * Errors name the line.
 */
import { UsageError } from "../failure.js";
import type { Line } from "./lines.js";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @param field the JSON field to take; the whole line is the text where it is missing */
export function textOf(line: Line, field?: string): string {
  const text = decode(line);
  return field === undefined ? text : fieldOf(text, line.number, field);
}

function decode({ bytes, number }: Line): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new UsageError(`Line ${number} is not valid UTF-8${number === 1 && isUtf16(bytes) ? UTF16 : ""}.`);
  }
}

/** What PowerShell writes unless told otherwise. */
const UTF16 = "; the file begins as UTF-16 does, so convert it first";

const isUtf16 = (bytes: Buffer) => [0xfeff, 0xfffe].includes(bytes.length > 1 ? bytes.readUInt16BE() : 0);

function fieldOf(text: string, number: number, field: string): string {
  const record = recordOf(text, number);
  const value = Object.hasOwn(record, field) ? record[field] : within(record, field.split("."));
  if (typeof value === "string") return value;
  const found = value === undefined ? "is missing" : "is not a string";
  throw new UsageError(`Line ${number}: the field "${field}" ${found}.`);
}

function within(value: unknown, [key, ...rest]: string[]): unknown {
  if (key === undefined) return value;
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return within((value as Record<string, unknown>)[key], rest);
}

function recordOf(text: string, number: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UsageError(`Line ${number} is no JSON; --field expects an object on every line.`);
  }
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  throw new UsageError(`Line ${number} is no JSON object; --field expects one on every line.`);
}
