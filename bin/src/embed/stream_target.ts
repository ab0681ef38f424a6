/** Vectors to the standard output, as JSON lines or bare numbers: what needs no header. */
import { formatNamed, type FormatName } from "../../../files/index.js";
import type { EmbedResponse } from "../../../index.js";
import { LineList } from "./line_list.js";
import type { Output } from "../source.js";
import { writeOut } from "../terminal/write_out.js";
import type { Chunk } from "./chunks.js";
import type { Target } from "./target.js";

export class StreamTarget implements Target {
  readonly #stream: Output;
  readonly #signal: AbortSignal;
  readonly #encode: ReturnType<typeof formatNamed>["encode"];
  readonly #lines: LineList;
  #rows = 0;
  #tokens = 0;

  constructor(stream: Output, signal: AbortSignal, format: FormatName, lines: LineList) {
    this.#stream = stream;
    this.#signal = signal;
    this.#encode = formatNamed(format).encode;
    this.#lines = lines;
  }

  get totals() {
    return { rows: this.#rows, tokens: this.#tokens, truncated: this.#lines.count };
  }

  async write(
    { texts, end }: Chunk,
    { vectors, dimensions, truncated, usage }: EmbedResponse,
  ): Promise<void> {
    await writeOut(this.#stream, this.#encode(vectors, dimensions, this.#rows), this.#signal);
    await this.#lines.add(truncated.map((index) => end.lines - texts.length + index + 1));
    this.#rows += texts.length;
    this.#tokens += usage.tokens;
  }

  async finish(): Promise<void> {
    await this.#lines.close();
  }

  async leave(): Promise<number> {
    await this.#lines.close();
    return 0;
  }
}
