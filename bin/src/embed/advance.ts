/**
 * How far a run is: what is written, and beside that what the calls under way have done. Rows are written in the order of
 * the input, some thousand at a time, which alone would leave the line on the terminal still for long.
 */
import type { CallOptions } from "../../../index.js";
import type { Progress } from "../terminal/progress.js";
import type { Chunk } from "./chunks.js";

type OnProgress = NonNullable<CallOptions["onProgress"]>;

export class Advance {
  readonly #progress: Progress;
  readonly #size: number | undefined;
  /** From 0 to 1, for each chunk that isn't written yet. */
  readonly #underWay = new Map<Chunk, number>();
  #texts = 0;
  #bytes: number;

  /** @param bytes those of the input that earlier runs have done, out of `size` where that is known */
  constructor(progress: Progress, { size, bytes }: { size: number | undefined; bytes: number }) {
    this.#progress = progress;
    this.#size = size;
    this.#bytes = bytes;
    this.#show();
  }

  /** For the call that a chunk becomes. */
  follow(chunk: Chunk): OnProgress {
    return ({ done, total }) => {
      this.#underWay.set(chunk, done / total);
      this.#show();
    };
  }

  written(chunk: Chunk): void {
    this.#underWay.delete(chunk);
    this.#texts += chunk.texts.length;
    this.#bytes = chunk.end.bytes;
    this.#show();
  }

  #show(): void {
    const items = this.#texts + this.#sum((chunk) => chunk.texts.length);
    const bytes = this.#bytes + this.#sum((chunk) => chunk.bytes);
    this.#progress.update({
      items: Math.floor(items),
      fraction: this.#size ? bytes / this.#size : undefined,
    });
  }

  #sum(of: (chunk: Chunk) => number): number {
    return [...this.#underWay].reduce((sum, [chunk, done]) => sum + done * of(chunk), 0);
  }
}
