/** `gpu-bridge embed`: the texts of a file or a pipe to vectors, in chunks, several of them at a time. */
import type { CallOptions, EmbedResponse, GpuBridge, GpuBridgeConfig } from "../../../index.js";
import { EXIT } from "../exit.js";
import { UsageError } from "../failure.js";
import { checkLength } from "../input/length.js";
import { readLines, type Line } from "../input/lines.js";
import { openInput, type Opened } from "../input/open.js";
import { textOf } from "../input/texts.js";
import type { Context } from "../run.js";
import { counted } from "../terminal/numbers.js";
import { Progress } from "../terminal/progress.js";
import { Advance } from "./advance.js";
import { chunksOf, Reader, type Chunk } from "./chunks.js";
import { FileTarget } from "./file_target.js";
import { inOrder } from "./in_order.js";
import { checkSettings, readJournal, type Journal } from "./journal.js";
import { lock } from "./lock.js";
import { LineList } from "./line_list.js";
import { nameLines } from "./name_lines.js";
import { embedOptions, requestOf, type EmbedFlags, type EmbedOptions } from "./options.js";
import { skipDone } from "./skip.js";
import { StreamTarget } from "./stream_target.js";
import { sayKept, summarize } from "./summary.js";
import type { Target } from "./target.js";

/** Chunks under way, at least; more where there are many hosts. */
const LEAST_IN_FLIGHT = 4;

interface Job {
  context: Context;
  config: GpuBridgeConfig;
  bridge: GpuBridge;
  options: EmbedOptions;
  input: Opened;
  journal: Journal | undefined;
}

export async function embed(context: Context, input: string, flags: EmbedFlags): Promise<number> {
  const config = await context.config();
  const bridge = context.open(config);
  const options = await embedOptions(flags, input, config);
  const unlock = options.path === undefined ? undefined : await lock(options.path);
  try {
    const journal = await unfinished(options);
    const opened = await openInput(input, context.stdin, context.signal);
    await run({ context, config, bridge, options, input: opened, journal });
  } finally {
    await unlock?.();
  }
  return EXIT.done;
}

async function run(job: Job): Promise<void> {
  const target = await targetOf(job);
  try {
    await writeAll(job, target);
  } catch (error) {
    const kept = await target.leave();
    if (!job.options.quiet && kept > rowsBefore(job)) sayKept(job.context.stderr, kept);
    throw error;
  }
  const { totals } = target;
  await target.finish();
  if (!job.options.quiet) summarize(job.context.stderr, totals);
}

/** The run to go on with. One that is there and not wanted has to be given up expressly. */
async function unfinished({ path, settings, resume, force }: EmbedOptions): Promise<Journal | undefined> {
  if (path === undefined || force) return undefined;
  const journal = await readJournal(path);
  if (!journal) return undefined;
  if (!resume)
    throw new UsageError(
      `${path} was begun and has ${counted(journal.output.rows, "row")}. Go on with --resume, or start anew with --force.`,
    );
  checkSettings(path, journal.settings, settings);
  return journal;
}

async function targetOf({ context, options, journal }: Job): Promise<Target> {
  const { path, settings } = options;
  if (path === undefined) {
    const cut = await LineList.open(settings.reportTruncated);
    return new StreamTarget(context.stdout, context.signal, settings.format, cut);
  }
  return FileTarget.create({ path, settings, journal });
}

async function writeAll(job: Job, target: Target): Promise<void> {
  const { bridge, context, options, config, input, journal } = job;
  const progress = new Progress(context.stderr, "texts", { quiet: options.quiet });
  const calls = context.longCall(config);
  const atOnce = () => options.inFlight ?? Math.max(LEAST_IN_FLIGHT, 2 * bridge.hosts().length);
  const advance = new Advance(progress, { size: input.size, bytes: journal?.input.bytes ?? 0 });
  try {
    const call = (chunk: Chunk) => ask(job, chunk, { ...calls, onProgress: advance.follow(chunk) });
    for await (const { item, answer } of inOrder(chunks(job), atOnce, call)) {
      await target.write(item, answer);
      advance.written(item);
    }
  } finally {
    progress.clear();
  }
  if (target.totals.rows === 0) throw new UsageError("The input has no lines; there is nothing to embed.");
}

async function* chunks({ input, options, config, journal }: Job): AsyncGenerator<Chunk> {
  const { chunk, field } = options.settings;
  const reader = new Reader();
  const lines = skipDone(readLines(input.stream), reader, journal?.input);
  const checked = (line: Line) => {
    const text = textOf(line, field ?? undefined);
    checkLength(text, line.number, config);
    return text;
  };
  yield* chunksOf(lines, reader, chunk, checked);
}

async function ask({ bridge, options }: Job, chunk: Chunk, calls: CallOptions): Promise<EmbedResponse> {
  try {
    return await bridge.embed(requestOf(options.settings, chunk.texts), calls);
  } catch (error) {
    throw nameLines(error, chunk.end.lines - chunk.texts.length + 1);
  }
}

const rowsBefore = ({ journal }: Job) => journal?.output.rows ?? 0;
