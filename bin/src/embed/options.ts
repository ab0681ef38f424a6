/** The flags of `embed`, checked and put together. */
import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { FORMAT_NAMES, formatOf, partOf, type FormatName } from "../../../files/index.js";
import type { EmbedRequest, GpuBridgeConfig } from "../../../index.js";
import { UsageError } from "../failure.js";
import { wholeNumber } from "../input/numbers.js";
import { checkOutput } from "../outputs.js";
import { journalOf, type Settings } from "./journal.js";

/** As commander gives them. */
export interface EmbedFlags {
  output?: string;
  format?: string;
  field?: string;
  model?: string;
  dimensions?: string;
  normalize?: boolean;
  promptName?: string;
  resume?: boolean;
  force?: boolean;
  reportTruncated?: string;
  chunk: string;
  inFlight?: string;
  quiet?: boolean;
}

export interface EmbedOptions {
  /** `undefined` is the standard output. */
  path: string | undefined;
  settings: Settings;
  resume: boolean;
  force: boolean;
  inFlight: number | undefined;
  quiet: boolean;
}

/** @param input what is read, which is never written to */
export async function embedOptions(
  flags: EmbedFlags,
  input: string,
  { limits }: GpuBridgeConfig,
): Promise<EmbedOptions> {
  const path = flags.output === undefined || flags.output === "-" ? undefined : await settled(flags.output);
  if (flags.resume && path === undefined)
    throw new UsageError("--resume goes on with a file; name it with --output.");
  const settings = settingsOf(flags, formatFor(flags, path), limits?.maxBatchSize);
  await checkPaths(path, settings.reportTruncated, input);
  return {
    path,
    settings,
    resume: flags.resume ?? false,
    force: flags.force ?? false,
    inFlight: wholeNumber("--in-flight", flags.inFlight),
    quiet: flags.quiet ?? false,
  };
}

/** What every call asks for. */
export function requestOf(settings: Settings, texts: string[]): EmbedRequest {
  const { model, dimensions, normalize, promptName } = settings;
  return {
    texts,
    ...(model === null ? {} : { model }),
    ...(dimensions === null ? {} : { dimensions }),
    ...(normalize === null ? {} : { normalize }),
    ...(promptName === null ? {} : { prompt_name: promptName }),
  };
}

/** The vectors and the list of what was cut go to files of their own. */
async function checkPaths(path: string | undefined, report: string | null, input: string): Promise<void> {
  const written =
    path === undefined ? [] : [path, partOf(path), journalOf(path)].map((file) => resolve(file));
  if (path !== undefined) await checkOutput(path, [input]);
  if (report === null) return;
  await checkOutput(report, [input]);
  if (written.includes(resolve(report)))
    throw new UsageError(`--report-truncated is ${report}, where the vectors go; name another file.`);
}

function settingsOf(flags: EmbedFlags, format: FormatName, most = Infinity): Settings {
  return {
    format,
    field: flags.field ?? null,
    chunk: Math.min(wholeNumber("--chunk", flags.chunk) as number, most),
    model: flags.model ?? null,
    dimensions: wholeNumber("--dimensions", flags.dimensions) ?? null,
    normalize: flags.normalize ?? null,
    promptName: flags.promptName ?? null,
    reportTruncated: flags.reportTruncated ?? null,
  };
}

function formatFor({ format }: EmbedFlags, path: string | undefined): FormatName {
  const name = format ?? (path === undefined ? "jsonl" : formatOf(path));
  if (name === undefined)
    throw new UsageError(`The suffix of ${path} names no format; add --format ${FORMAT_NAMES.join("|")}.`);
  if (!isFormat(name)) throw new UsageError(`--format is "${name}"; there are ${FORMAT_NAMES.join(", ")}.`);
  if (path === undefined && (name === "npy" || name === "safetensors"))
    throw new UsageError(
      `${name} begins with the number of rows, which a pipe can't be told; name a file with --output.`,
    );
  return name;
}

const isFormat = (name: string): name is FormatName => (FORMAT_NAMES as string[]).includes(name);

/** Behind links, so that the file is replaced and not the link to it. */
const settled = (path: string) => realpath(path).catch(() => path);
