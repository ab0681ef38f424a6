/** Where vectors go as they come: into a file, into the answer's text, or nowhere. */
import type { VectorFile } from "../../files/index.js";
import type { EmbedResponse } from "../../index.js";
import { ToolInputError } from "./errors.js";
import type { FilesModule } from "./package.js";
import type { Answer } from "./tool.js";
import type { VectorsPath } from "./vectors_path.js";
import { refuse } from "./workspace.js";

export interface Sink {
  /** Takes the next rows. */
  write(block: EmbedResponse): Promise<void> | void;
  /** The answer, of the facts and what the sink adds to them. */
  finish(facts: object): Promise<Answer> | Answer;
  /** Leaves nothing behind. */
  discard(): Promise<void> | void;
}

/** As many numbers are shown without being asked for: ten vectors of MiniLM. Hosts cut longer results. */
const INLINE_NUMBERS = 4096;
/** And so many where they are asked for. */
const MOST_INLINE_NUMBERS = 65_536;

/** For a summary. */
export class NoSink implements Sink {
  write(): void {}

  finish(facts: object): Answer {
    return { details: { ...facts, output: "summary" } };
  }

  discard(): void {}
}

/** Keeps rows as text while they are few; more than that are an error where they were asked for, else a summary. */
export class InlineSink implements Sink {
  readonly #files: FilesModule;
  readonly #asked: boolean;
  readonly #rows: string[] = [];
  #numbers = 0;

  constructor(files: FilesModule, asked: boolean) {
    this.#files = files;
    this.#asked = asked;
  }

  write({ vectors, dimensions }: EmbedResponse): void {
    this.#numbers += vectors.length;
    if (this.#fits()) this.#keep(vectors, dimensions);
    else if (this.#asked)
      throw new ToolInputError(`${tooMany(this.#numbers)} Ask for output "file" instead.`);
  }

  finish(facts: object): Answer {
    if (!this.#fits()) return this.#summary(facts);
    const details = { ...facts, output: "inline" };
    const rest = JSON.stringify(details).slice(1);
    return { details, text: `{"embeddings":[${this.#rows.join(",")}],${rest}` };
  }

  discard(): void {}

  #summary(facts: object): Answer {
    const details = { ...facts, output: "summary" };
    const note = `The vectors hold ${this.#numbers} numbers and are not shown. Pass output "file" to keep them.`;
    return { details, text: JSON.stringify({ ...details, note }) };
  }

  #fits(): boolean {
    return this.#numbers <= (this.#asked ? MOST_INLINE_NUMBERS : INLINE_NUMBERS);
  }

  #keep(vectors: Float32Array, dimensions: number): void {
    for (let start = 0; start < vectors.length; start += dimensions) {
      const row = vectors.subarray(start, start + dimensions);
      this.#rows.push(`[${Array.from(row, this.#files.shortest).join(",")}]`);
    }
  }
}

function tooMany(numbers: number): string {
  return `The vectors hold at least ${numbers} numbers; up to ${MOST_INLINE_NUMBERS} are shown.`;
}

/** Files that are being written. Two calls on one of them would mix their rows. */
const claimed = new Set<string>();

/** Writes rows as they come. The file has its name only once it is whole. */
export class FileSink implements Sink {
  readonly #files: FilesModule;
  readonly #place: VectorsPath;
  #file: VectorFile | undefined;

  /** Throws where another call is writing that file. */
  constructor(files: FilesModule, place: VectorsPath) {
    if (claimed.has(place.real))
      throw new ToolInputError(
        `\`path\` is "${place.path}", which another call is writing. Name another one.`,
      );
    claimed.add(place.real);
    this.#files = files;
    this.#place = place;
  }

  async write(block: EmbedResponse): Promise<void> {
    await this.#append(block).catch(refuse("path", this.#place.path));
  }

  async finish(facts: object): Promise<Answer> {
    const { path, format, real } = this.#place;
    await this.#file?.finish().catch(refuse("path", path));
    claimed.delete(real);
    return { details: { ...facts, output: "file", path, format, bytes: this.#file?.bytes } };
  }

  async discard(): Promise<void> {
    claimed.delete(this.#place.real);
    await this.#file?.discard();
  }

  async #append({ vectors, dimensions, model }: EmbedResponse): Promise<void> {
    const { real, format } = this.#place;
    this.#file ??= await this.#files.VectorFile.create(real, { format, dimensions, model });
    await this.#file.write(vectors);
  }
}
