/** Passes over the lines that an earlier run has done, and makes sure that they are still the same. */
import { UsageError } from "../failure.js";
import type { Line } from "../input/lines.js";
import type { Position, Reader } from "./chunks.js";

export async function* skipDone(
  lines: AsyncIterable<Line>,
  reader: Reader,
  done: Position | undefined,
): AsyncGenerator<Line> {
  let checked = done === undefined;
  for await (const line of lines) {
    if (done && line.number <= done.lines) {
      reader.pass(line);
      if (line.number < done.lines) continue;
      checkSame(reader.position, done);
      checked = true;
    } else yield line;
  }
  if (!checked && done) throw changed(done);
}

function checkSame(position: Position, done: Position): void {
  if (position.digest !== done.digest) throw changed(done);
}

function changed({ lines }: Position): UsageError {
  return new UsageError(
    `The first ${lines} lines of the input are not those that the file was begun with. ` +
      "Go on with the same input, or start anew with --force.",
  );
}
