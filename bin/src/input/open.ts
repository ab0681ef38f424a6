/** Opens what a command reads: a file, or `-` for the standard input. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { addAbortSignal, type Readable } from "node:stream";
import type { GpuBridgeConfig } from "../../../index.js";
import { UsageError } from "../failure.js";
import { unreadable } from "../file_errors.js";
import type { Input } from "../source.js";
import { checkLength } from "./length.js";
import { readLines } from "./lines.js";
import { textOf } from "./texts.js";

const BLOCK_BYTES = 256 * 1024;

export interface Opened {
  stream: AsyncIterable<Buffer | string>;
  /** Its length in bytes, where it is known. */
  size?: number;
}

/** @param signal ends the reading, also while nothing comes */
export async function openInput(path: string, stdin: Input, signal: AbortSignal): Promise<Opened> {
  if (path === "-") return { stream: addAbortSignal(signal, stdin as Readable) };
  const found = await stat(path).catch((error: Error) => {
    throw unreadable(path, error);
  });
  if (found.isDirectory()) throw new UsageError(`${path} is a folder; name a file.`);
  const stream = createReadStream(path, { highWaterMark: BLOCK_BYTES, signal });
  return found.isFile() ? { stream, size: found.size } : { stream };
}

/** All texts of an input that is held in memory as a whole. Errors say which input it is, for there may be two. */
export async function readTexts(
  { stream }: Opened,
  { field, config, name }: { field?: string | undefined; config: GpuBridgeConfig; name: string },
): Promise<string[]> {
  const texts: string[] = [];
  try {
    for await (const line of readLines(stream)) {
      const text = textOf(line, field);
      checkLength(text, line.number, config);
      texts.push(text);
    }
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(`${name}: ${error.message}`) : error;
  }
  return texts;
}
