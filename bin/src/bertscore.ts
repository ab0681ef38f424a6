/** `gpu-bridge bertscore`: two files, line by line. All pairs are one call, as they are for Python's bert-score. */
import type { BertScoreRequest, BertScoreResponse } from "../../index.js";
import { forOneCall } from "./config/one_call.js";
import { EXIT } from "./exit.js";
import { UsageError } from "./failure.js";
import { wholeNumber } from "./input/numbers.js";
import { openInput, readTexts } from "./input/open.js";
import { checkOutput } from "./outputs.js";
import type { Context } from "./run.js";
import { scoresFormat, writeScores } from "./scores.js";
import { count, counted } from "./terminal/numbers.js";
import { Progress } from "./terminal/progress.js";
import { table } from "./terminal/table.js";
import { writeOut } from "./terminal/write_out.js";

export interface BertscoreFlags {
  output?: string;
  lang?: string;
  model?: string;
  numLayers?: string;
  idf?: boolean;
  rescaleWithBaseline?: boolean;
  json?: boolean;
  quiet?: boolean;
}

export async function bertscore(
  context: Context,
  candidates: string,
  references: string,
  flags: BertscoreFlags,
): Promise<number> {
  const format = flags.output === undefined ? undefined : scoresFormat(flags.output);
  const settings = settingsOf(flags);
  if (candidates === "-" && references === "-")
    throw new UsageError("Only one of the two files can be the standard input.");
  if (flags.output !== undefined) await checkOutput(flags.output, [candidates, references]);
  const config = await context.config();
  const read = async (path: string) =>
    readTexts(await openInput(path, context.stdin, context.signal), { config, name: path });
  const pairs = { candidates: await read(candidates), references: await read(references) };
  checkLengths(pairs, [candidates, references]);
  const progress = new Progress(context.stderr, "pairs", { quiet: flags.quiet });
  const options = { ...context.longCall(config), onProgress: progress.follow() };
  const answer = await context
    .open(forOneCall(config, pairs.candidates.length))
    .bertscore({ ...pairs, ...settings }, options)
    .finally(() => progress.clear());
  try {
    if (format && flags.output !== undefined) await writeScores(flags.output, format, answer);
  } finally {
    await writeOut(context.stdout, flags.json ? asJson(answer) : asTable(answer), context.signal); // worth seeing anyway
  }
  return EXIT.done;
}

function settingsOf(flags: BertscoreFlags): Partial<BertScoreRequest> {
  const layers = wholeNumber("--num-layers", flags.numLayers, 0);
  return {
    ...(flags.lang === undefined ? {} : { lang: flags.lang }),
    ...(flags.model === undefined ? {} : { model_type: flags.model }),
    ...(layers === undefined ? {} : { num_layers: layers }),
    ...(flags.idf ? { idf: true } : {}),
    ...(flags.rescaleWithBaseline ? { rescale_with_baseline: true } : {}),
  };
}

type Pairs = { candidates: string[]; references: string[] };

function checkLengths({ candidates, references }: Pairs, [first, second]: [string, string]): void {
  if (candidates.length === 0) throw new UsageError(`${first} has no lines; there is nothing to score.`);
  if (candidates.length === references.length) return;
  throw new UsageError(
    `${first} has ${counted(candidates.length, "line")} and ${second} has ${count(references.length)}; line i of one is scored against line i of the other.`,
  );
}

function means({ precision, recall, f1 }: BertScoreResponse) {
  const mean = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  return { precision: mean(precision), recall: mean(recall), f1: mean(f1) };
}

function asJson(answer: BertScoreResponse): string {
  const { model, num_layers, truncated, f1 } = answer;
  return JSON.stringify({ means: means(answer), pairs: f1.length, model, num_layers, truncated }) + "\n";
}

function asTable(answer: BertScoreResponse): string {
  const { precision, recall, f1 } = means(answer);
  const row = [
    answer.model,
    count(answer.f1.length),
    ...[precision, recall, f1].map((mean) => mean.toFixed(6)),
  ];
  const cut = answer.truncated.length;
  const note =
    cut > 0 ? `${counted(cut, "pair")} had a text that was longer than the model reads and was cut.\n` : "";
  return table(["MODEL", "PAIRS", "PRECISION", "RECALL", "F1"], [row]) + note;
}
