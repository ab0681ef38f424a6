/**
 * A line on the terminal that says how far a job is: a bar, the count, the rate and the time left. Nothing is shown
 * where nobody looks: in a pipe, or when told to be quiet.
 */
import type { Output } from "../source.js";
import { clock, count } from "./numbers.js";

const BAR_WIDTH = 24;
const REDRAW_MS = 100;

/** How far a job is. */
export interface Done {
  /** Items done in this run. */
  items: number;
  /** Of the whole job, from 0 to 1, where it is known. */
  fraction?: number | undefined;
}

export class Progress {
  readonly #stream: Output;
  readonly #unit: string;
  readonly #shown: boolean;
  readonly #now: () => number;
  readonly #started: number;
  #drawn = -Infinity;
  #startFraction: number | undefined;

  constructor(
    stream: Output,
    unit: string,
    {
      quiet = false,
      now = () => performance.now(),
    }: { quiet?: boolean | undefined; now?: () => number } = {},
  ) {
    this.#stream = stream;
    this.#unit = unit;
    this.#shown = Boolean(stream.isTTY) && !quiet;
    this.#now = now;
    this.#started = now();
  }

  /** Draws, unless it did so a moment ago. */
  update(done: Done): void {
    const now = this.#now();
    this.#startFraction ??= done.items === 0 ? done.fraction : 0;
    if (!this.#shown || now - this.#drawn < REDRAW_MS) return;
    this.#drawn = now;
    this.#stream.write(`\r${this.#line(done, (now - this.#started) / 1000)}\u001b[K`);
  }

  /** For the bridge's `onProgress`. */
  follow(): (progress: { done: number; total: number }) => void {
    this.update({ items: 0, fraction: 0 });
    return ({ done, total }) => this.update({ items: done, fraction: done / total });
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#shown) this.#stream.write("\r\u001b[K");
  }

  #line({ items, fraction }: Done, seconds: number): string {
    const rate = seconds > 0 ? items / seconds : 0;
    const counted = `${count(items)} ${this.#unit}  ${count(rate)}/s`;
    if (fraction === undefined) return `${counted}  ${clock(seconds)}`;
    return `${bar(fraction)} ${(fraction * 100).toFixed(0).padStart(3)} %  ${counted}${this.#left(fraction, seconds)}`;
  }

  /** What was done before this run says nothing about its speed. */
  #left(fraction: number, seconds: number): string {
    const done = fraction - (this.#startFraction ?? 0);
    return done > 0 ? `  ${clock(((1 - fraction) / done) * seconds)} left` : "";
  }
}

function bar(fraction: number): string {
  const full = Math.round(Math.min(Math.max(fraction, 0), 1) * BAR_WIDTH);
  return "█".repeat(full) + "░".repeat(BAR_WIDTH - full);
}
