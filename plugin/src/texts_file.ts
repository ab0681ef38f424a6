/**
 * Texts from a file: one a line, or JSON lines that are texts or hold them in a field. Every line is a text, blank
 * ones too, so that the row of a vector is the number of its line.
 */
import { isUtf8 } from "node:buffer";
import { readFile, stat } from "node:fs/promises";
import { ToolInputError } from "./errors.js";
import { refuse, type Workspace } from "./workspace.js";

/** Larger files are for `gpu-bridge embed`, which streams. In bytes. */
const LARGEST = 64 * 2 ** 20;

const JSON_LINES = /\.(jsonl|ndjson)$/i;

export async function readTexts(workspace: Workspace, file: string, field: string): Promise<string[]> {
  const path = await workspace.existing(file, "file");
  const { size } = await stat(path);
  if (size > LARGEST)
    throw new ToolInputError(
      `\`file\` is "${file}" with ${size} bytes; up to ${LARGEST} are read. Split it.`,
    );
  const bytes = await readFile(path).catch(refuse("file", file));
  const lines = linesOf(decoded(bytes, file));
  if (lines.length === 0) throw new ToolInputError(`\`file\` is "${file}", which is empty.`);
  return JSON_LINES.test(file) ? lines.map((line, index) => textOf(line, index, file, field)) : lines;
}

function decoded(bytes: Buffer, file: string): string {
  if (!isUtf8(bytes)) throw new ToolInputError(`\`file\` is "${file}", which isn't text in UTF-8.`);
  return bytes.toString("utf8");
}

function linesOf(text: string): string[] {
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function textOf(line: string, index: number, file: string, field: string): string {
  const value = parsed(line);
  const text =
    typeof value === "object" && value !== null ? (value as Record<string, unknown>)[field] : value;
  if (typeof text === "string") return text;
  throw new ToolInputError(
    `Line ${index + 1} of "${file}" holds no text: it has to be a JSON string, or an object with a string in ` +
      `"${field}". Name another field with \`field\`.`,
  );
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
