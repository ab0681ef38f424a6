/** `gpu-bridge rerank`: the lines of a file, the most relevant to a query first. */
import { readFile } from "node:fs/promises";
import type { RerankRequest, RerankResponse } from "../../index.js";
import { forOneCall } from "./config/one_call.js";
import { EXIT } from "./exit.js";
import { UsageError } from "./failure.js";
import { unreadable } from "./file_errors.js";
import { wholeNumber } from "./input/numbers.js";
import { openInput, readTexts } from "./input/open.js";
import type { Context } from "./run.js";
import type { Output } from "./source.js";
import { Progress } from "./terminal/progress.js";
import { shorten, table } from "./terminal/table.js";
import { writeOut } from "./terminal/write_out.js";

export interface RerankFlags {
  queryFile?: string;
  field?: string;
  model?: string;
  topN: string;
  rawScores?: boolean;
  json?: boolean;
  quiet?: boolean;
}

/** Columns of the table that are not text: rank, score, line and the space between. */
const OTHER_COLUMNS = 26;
const DEFAULT_WIDTH = 100;

export async function rerank(
  context: Context,
  first: string,
  second: string | undefined,
  flags: RerankFlags,
): Promise<number> {
  const settings = settingsOf(flags);
  const { query, file } = await queryOf(first, second, flags);
  const config = await context.config();
  const input = await openInput(file, context.stdin, context.signal);
  const documents = await readTexts(input, { field: flags.field, config, name: file });
  if (documents.length === 0) throw new UsageError(`${file} has no lines; there is nothing to order.`);
  const progress = new Progress(context.stderr, "documents", { quiet: flags.quiet });
  const options = { ...context.longCall(config), onProgress: progress.follow() };
  const answer = await context
    .open(forOneCall(config, documents.length))
    .rerank({ query, documents, ...settings }, options)
    .finally(() => progress.clear());
  const shown = flags.json ? asJson(answer, documents) : asTable(answer, documents, context.stdout);
  await writeOut(context.stdout, shown, context.signal);
  return EXIT.done;
}

async function queryOf(first: string, second: string | undefined, { queryFile }: RerankFlags) {
  if (queryFile === undefined) {
    if (second === undefined)
      throw new UsageError("The documents' file is missing; - is the standard input.");
    return { query: first, file: second };
  }
  if (second !== undefined)
    throw new UsageError("With --query-file the only argument is the documents' file.");
  const query = await readFile(queryFile, "utf8").catch((error: Error) => {
    throw unreadable(queryFile, error);
  });
  return { query: query.trim(), file: first };
}

function settingsOf({ model, topN, rawScores }: RerankFlags): Partial<RerankRequest> {
  return {
    top_n: wholeNumber("--top-n", topN) as number,
    ...(model === undefined ? {} : { model }),
    ...(rawScores ? { raw_scores: true } : {}),
  };
}

function asJson({ results, model, truncated }: RerankResponse, documents: string[]): string {
  const withTexts = results.map((result) => ({ ...result, text: documents[result.index] }));
  return JSON.stringify({ results: withTexts, model, truncated }) + "\n";
}

function asTable(
  { results }: RerankResponse,
  documents: string[],
  { columns = DEFAULT_WIDTH }: Output,
): string {
  const rows = results.map(({ index, relevance_score }, rank) => [
    String(rank + 1),
    relevance_score.toFixed(6),
    String(index + 1),
    shorten(documents[index] ?? "", Math.max(columns - OTHER_COLUMNS, 20)),
  ]);
  return table(["RANK", "SCORE", "LINE", "TEXT"], rows);
}
