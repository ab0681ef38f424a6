/** What the demonstration shows: a title for each scene with its time, and aligned rows under it. */
import { bold, dim, duration, green, line } from "../scripts/run/terminal.mjs";

/** Runs one scene under its title. The scene shows rows and gives a summary for the last of them. */
export async function scene(title, play) {
  line(`\n${bold(title)}`);
  const started = performance.now();
  const summary = await play();
  if (summary) row(green("✓"), `${summary} ${dim(`(${duration(performance.now() - started)})`)}`);
}

/** One aligned row. */
export function row(mark, text) {
  line(`  ${mark} ${text}`);
}

/** Cuts or pads a text to a column. */
export function column(text, width) {
  const cut = text.length > width ? `${text.slice(0, width - 1)}…` : text;
  return cut.padEnd(width);
}

/** Fails the demonstration unless what it claims holds. */
export function require(holds, sentence) {
  if (!holds) throw new Error(sentence);
}
