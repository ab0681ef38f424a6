/**
 * What the scripts print: aligned lines, colours and a live line on a terminal only, plain lines in logs.
 * Never decides what to say.
 */
const live = Boolean(process.stdout.isTTY) && !process.env.CI;
const coloured = live && !process.env.NO_COLOR;
const paint = (code) => (text) => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text);

export const bold = paint("1");
export const dim = paint("2");
export const red = paint("31");
export const green = paint("32");
export const yellow = paint("33");

/** A duration in milliseconds as a person reads it: `12 ms`, `3.4 s`, `2 min 05 s`. */
export function duration(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

export function line(text = "") {
  process.stdout.write(`${text}\n`);
}

/** Shows what a long step is doing: one line rewritten in place, or nothing but a heartbeat each 30 s in a log. */
export class LiveLine {
  #label;
  #heartbeat;
  #latest = "";

  constructor(label) {
    this.#label = label;
    const started = performance.now();
    const beat = () =>
      line(dim(`  … ${label}: ${duration(performance.now() - started)} ${this.#latest.slice(0, 60)}`));
    this.#heartbeat = live ? undefined : setInterval(beat, 30_000);
    this.update("");
  }

  update(text) {
    this.#latest = text.trim();
    if (!live) return;
    const room = (process.stdout.columns ?? 80) - this.#label.length - 6;
    process.stdout.write(`\r\u001b[K  … ${this.#label} ${dim(this.#latest.slice(0, Math.max(room, 0)))}`);
  }

  end() {
    clearInterval(this.#heartbeat);
    if (live) process.stdout.write("\r\u001b[K");
  }
}
