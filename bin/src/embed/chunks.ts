/**
 * Cuts the input into chunks, each of which becomes one call. Where a chunk ends depends on the input and on nothing
 * else, so that a run that goes on asks for the very chunks that an uncut one would have.
 */
import { createHash, type Hash } from "node:crypto";
import type { Line } from "../input/lines.js";

/** Lines that are embedded together. */
export interface Chunk {
  texts: string[];
  /** Their length in the input. */
  bytes: number;
  /** What has been read once this chunk is done. */
  end: Position;
}

/** A place in the input. */
export interface Position {
  lines: number;
  bytes: number;
  /** SHA-256 of everything before, in hexadecimal. */
  digest: string;
}

const MOST_CHARACTERS = 4 * 1024 * 1024;

/** Follows how far the input was read. */
export class Reader {
  readonly #hash: Hash = createHash("sha256");
  #lines = 0;
  #bytes = 0;

  pass({ number, raw }: Line): void {
    this.#hash.update(raw);
    this.#lines = number;
    this.#bytes += raw.length;
  }

  get position(): Position {
    return { lines: this.#lines, bytes: this.#bytes, digest: this.#hash.copy().digest("hex") };
  }
}

/**
 * @param size texts a chunk; fewer where they are very long
 * @param textOf gives a line's text, or throws an error that names the line
 */
export async function* chunksOf(
  lines: AsyncIterable<Line>,
  reader: Reader,
  size: number,
  textOf: (line: Line) => string,
): AsyncGenerator<Chunk> {
  let texts: string[] = [];
  let [characters, bytes] = [0, 0];
  for await (const line of lines) {
    const text = textOf(line);
    reader.pass(line);
    texts.push(text);
    characters += text.length;
    bytes += line.raw.length;
    if (texts.length < size && characters < MOST_CHARACTERS) continue;
    yield { texts, bytes, end: reader.position };
    [texts, characters, bytes] = [[], 0, 0];
  }
  if (texts.length > 0) yield { texts, bytes, end: reader.position };
}
