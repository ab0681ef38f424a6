/** The scores of every pair as a file. */
import { npyHeader } from "../../files/index.js";
import type { BertScoreResponse } from "../../index.js";
import { UsageError } from "./failure.js";
import { writeWhole } from "./whole_file.js";

type Encode = (answer: BertScoreResponse) => Buffer | string;

const FORMATS: Record<string, Encode> = { ".jsonl": jsonLines, ".csv": csv, ".npy": npy };

/** The format that a path's suffix names. */
export function scoresFormat(path: string): Encode {
  const suffix = Object.keys(FORMATS).find((suffix) => path.toLowerCase().endsWith(suffix));
  const format = suffix === undefined ? undefined : FORMATS[suffix];
  if (format) return format;
  throw new UsageError(
    `The suffix of ${path} names no format; there are ${Object.keys(FORMATS).join(", ")}.`,
  );
}

export async function writeScores(path: string, encode: Encode, answer: BertScoreResponse): Promise<void> {
  await writeWhole(path, encode(answer));
}

function jsonLines(answer: BertScoreResponse): string {
  const line = ([precision, recall, f1]: number[], index: number) =>
    JSON.stringify({ index, precision, recall, f1 }) + "\n";
  return rows(answer).map(line).join("");
}

function csv(answer: BertScoreResponse): string {
  return ["precision,recall,f1", ...rows(answer).map((row) => row.join(","))].join("\n") + "\n";
}

function npy(answer: BertScoreResponse): Buffer {
  const numbers = Float32Array.from(rows(answer).flat());
  return Buffer.concat([npyHeader(answer.f1.length, 3), Buffer.from(numbers.buffer)]);
}

function rows({ precision, recall, f1 }: BertScoreResponse): [number, number, number][] {
  return f1.map((score, index) => [precision[index] as number, recall[index] as number, score]);
}
