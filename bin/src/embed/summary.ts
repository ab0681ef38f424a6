/** What a run says when it has ended. */
import type { Output } from "../source.js";
import { count, counted } from "../terminal/numbers.js";
import type { Target } from "./target.js";

export function summarize(stream: Output, { rows, tokens, truncated }: Target["totals"]): void {
  const were = truncated === 1 ? "was" : "were";
  const cut =
    truncated > 0 ? `; ${count(truncated)} ${were} longer than the model reads and ${were} cut` : "";
  stream.write(`${counted(rows, "text")}, ${counted(tokens, "token")}${cut}\n`);
}

/** @param rows that the next run need not ask for again */
export function sayKept(stream: Output, rows: number): void {
  const are = rows === 1 ? "is" : "are";
  stream.write(`${counted(rows, "text")} ${are} done and kept; the same command with --resume goes on.\n`);
}
