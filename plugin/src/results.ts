/**
 * What the tools answer. The text is JSON with the fields 0.2 had; `details` never repeats vectors, because the host
 * shows a model both, and never has `status`, `error` or `ok` at its top but those that grade the call itself.
 */
import type { BertScoreResponse, EmbedResponse } from "../../index.js";
import type { ToolResult } from "./openclaw.js";

/** As many numbers are shown without being asked for: ten vectors of MiniLM. Hosts cut longer results. */
export const INLINE_NUMBERS = 4096;

/** For answers that are short as they are. */
export function plainResult(answer: object): ToolResult {
  return result(JSON.stringify(answer, null, 2), { ...answer });
}

/** Scores, and their means. */
export function scoresResult(answer: BertScoreResponse): ToolResult {
  const { precision, recall, f1 } = answer;
  const means = { precision: mean(precision), recall: mean(recall), f1: mean(f1) };
  return plainResult({ ...answer, means });
}

/** Vectors where they are few or asked for, else what there is to say about them. */
export function vectorsResult(answer: EmbedResponse, output: "summary" | "inline" | undefined): ToolResult {
  const { model, dimensions, truncated, usage, vectors } = answer;
  const facts = { model, dimensions, count: vectors.length / dimensions, truncated, usage };
  const inline = output === undefined ? vectors.length <= INLINE_NUMBERS : output === "inline";
  const text = inline
    ? { embeddings: rows(vectors, dimensions), ...facts }
    : { ...facts, note: note(vectors.length) };
  return result(JSON.stringify(text), facts);
}

function note(numbers: number): string {
  return `The vectors hold ${numbers} numbers and are not shown. Pass output "inline" to see them all.`;
}

function rows(vectors: Float32Array, dimensions: number): number[][] {
  const count = vectors.length / dimensions;
  const row = (index: number) => vectors.subarray(index * dimensions, (index + 1) * dimensions);
  return Array.from({ length: count }, (_, index) => Array.from(row(index), shortest));
}

/** The shortest decimal that reads back as the same float: `0.1`, not `0.10000000149011612`. */
function shortest(number: number): number {
  for (let digits = 6; digits < 9; digits += 1) {
    const short = Number(number.toPrecision(digits));
    if (Math.fround(short) === number) return short;
  }
  return Number(number.toPrecision(9));
}

function mean(numbers: number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

function result(text: string, details: Record<string, unknown>): ToolResult {
  return { content: [{ type: "text", text }], details };
}
