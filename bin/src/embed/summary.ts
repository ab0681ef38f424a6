/** What a run says when it has ended. */
import type { Output } from "../source.js";
import { count } from "../terminal/numbers.js";
import type { Target } from "./target.js";

export function summarize(stream: Output, { rows, tokens, truncated }: Target["totals"]): void {
  const cut = truncated > 0 ? `; ${count(truncated)} were longer than the model reads and were cut` : "";
  stream.write(`${count(rows)} texts, ${count(tokens)} tokens${cut}\n`);
}

/** @param rows that the next run need not ask for again */
export function sayKept(stream: Output, rows: number): void {
  stream.write(`${count(rows)} texts are done and kept; the same command with --resume goes on.\n`);
}
