/** What a command is at, on a terminal only: each note takes the place of the one before, an empty one takes it away. */
import type { Output } from "../source.js";

export function note(stream: Output, text: string): void {
  if (stream.isTTY) stream.write(`\r${text}\u001b[K`);
}
