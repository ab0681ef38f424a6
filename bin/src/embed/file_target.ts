/**
 * Vectors to a file, with a journal beside it. A run that is cut short, at whatever point, leaves a pair of files that
 * the next one goes on with: the journal never speaks of rows that are not on the disk.
 */
import { partOf, VectorFile } from "../../../files/index.js";
import type { EmbedResponse } from "../../../index.js";
import { UsageError } from "../failure.js";
import { unwritable } from "../file_errors.js";
import type { Chunk, Position } from "./chunks.js";
import { journalVersion, removeJournal, writeJournal, type Journal, type Settings } from "./journal.js";
import { LineList } from "./line_list.js";
import type { Target } from "./target.js";

export interface FileTargetOptions {
  path: string;
  settings: Settings;
  /** The unfinished run to go on with. */
  journal?: Journal | undefined;
}

export class FileTarget implements Target {
  readonly #options: FileTargetOptions;
  readonly #lines: LineList;
  #file: VectorFile | undefined;
  #answered: Journal["answered"] | undefined;
  #tokens: number;
  /** Rows that the journal speaks of. */
  #kept: number;

  private constructor(options: FileTargetOptions, lines: LineList, file: VectorFile | undefined) {
    this.#options = options;
    this.#lines = lines;
    this.#file = file;
    this.#tokens = options.journal?.tokens ?? 0;
    this.#kept = options.journal?.output.rows ?? 0;
  }

  /** Opens the file that is gone on with. A new one is opened with the first answer, which says its dimensions. */
  static async create(options: FileTargetOptions): Promise<FileTarget> {
    const { path, settings, journal } = options;
    const lines = await LineList.open(settings.reportTruncated, journal?.truncated);
    if (!journal) return new FileTarget(options, lines, undefined);
    const facts = { format: settings.format, ...journal.answered };
    return new FileTarget(options, lines, await VectorFile.resume(path, facts, journal.output));
  }

  get totals() {
    return { rows: this.#file?.rows ?? 0, tokens: this.#tokens, truncated: this.#lines.count };
  }

  async write(chunk: Chunk, answer: EmbedResponse): Promise<void> {
    try {
      await this.#append(chunk, answer);
    } catch (error) {
      throw error instanceof UsageError ? error : unwritable(partOf(this.#options.path), error);
    }
  }

  async #append({ texts, end }: Chunk, answer: EmbedResponse): Promise<void> {
    const answered = (this.#answered ??= this.#identify(answer));
    checkSame(answered, answer);
    const file = (this.#file ??= await this.#start(answered));
    await file.write(answer.vectors);
    await this.#lines.add(answer.truncated.map((index) => end.lines - texts.length + index + 1));
    this.#tokens += answer.usage.tokens;
    await file.sync();
    await this.#note(file, answered, end);
  }

  async finish(): Promise<void> {
    await this.#file?.finish();
    await this.#lines.close();
    await removeJournal(this.#options.path);
  }

  async leave(): Promise<number> {
    await this.#file?.close();
    await this.#lines.close();
    return this.#kept;
  }

  /** Who answers; the same as before, where there is a before. */
  #identify({ model, dimensions, fingerprint }: EmbedResponse): Journal["answered"] {
    const { journal } = this.#options;
    const answered = { model, dimensions, fingerprint: fingerprint ?? null };
    if (journal) checkSame(journal.answered, answered);
    return answered;
  }

  /** The journal of a run that was given up goes first: it would speak of rows that are no longer there. */
  async #start(answered: Journal["answered"]): Promise<VectorFile> {
    const { path, settings } = this.#options;
    await removeJournal(path);
    return VectorFile.create(path, { format: settings.format, ...answered });
  }

  async #note({ rows, bytes }: VectorFile, answered: Journal["answered"], input: Position): Promise<void> {
    const { path, settings } = this.#options;
    const truncated = { count: this.#lines.count, bytes: this.#lines.bytes };
    const output = { rows, bytes };
    const version = journalVersion;
    await writeJournal(path, { version, settings, answered, input, output, tokens: this.#tokens, truncated });
    this.#kept = rows;
  }
}

type Identity = { model: string; dimensions: number; fingerprint?: string | null };

/** One file holds the vectors of one model. */
function checkSame(before: Identity, now: Identity): void {
  const same = (key: "model" | "dimensions") => before[key] === now[key];
  const bothKnown = before.fingerprint != null && now.fingerprint != null;
  if (same("model") && same("dimensions") && (!bothKnown || before.fingerprint === now.fingerprint)) return;
  throw new UsageError(
    `The file was begun with ${nameOf(before)}, and now ${nameOf(now)} answers. ` +
      "Go on with the same model, or start anew with --force.",
  );
}

function nameOf({ model, dimensions, fingerprint }: Identity): string {
  return `${model} (${dimensions} dimensions${fingerprint ? `, weights ${fingerprint.slice(0, 12)}` : ""})`;
}
