/**
 * Cuts a stream of bytes into lines without holding more than one of them. Lines are counted from 1; a line ends with
 * LF or CRLF, the last one may end with the file. A byte order mark at the start is skipped.
 */
import { UsageError } from "../failure.js";

/** A line and where it ends. */
export interface Line {
  /** Counted from 1. */
  number: number;
  /** Without its end, and without the mark. */
  bytes: Buffer;
  /** As it stands in the file. */
  raw: Buffer;
}

const LF = 0x0a;
const CR = 0x0d;
const MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const LONGEST = 64 * 1024 * 1024;

export async function* readLines(stream: AsyncIterable<Buffer | string>): AsyncGenerator<Line> {
  let pending: Buffer[] = [];
  let held = 0;
  let number = 0;
  for await (const block of stream) {
    const bytes = typeof block === "string" ? Buffer.from(block) : block;
    let start = 0;
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
      const piece = bytes.subarray(start, end + 1);
      yield line(pending.length > 0 ? Buffer.concat([...pending, piece]) : piece, (number += 1));
      [pending, held, start] = [[], 0, end + 1];
    }
    if (start < bytes.length) pending.push(bytes.subarray(start));
    held += bytes.length - start;
    if (held > LONGEST)
      throw new UsageError(`Line ${number + 1} is longer than 64 MiB; is this a text file?`);
  }
  if (held > 0) yield line(Buffer.concat(pending), number + 1);
}

function line(raw: Buffer, number: number): Line {
  let end = raw.length;
  if (raw[end - 1] === LF) end -= 1;
  if (raw[end - 1] === CR && end < raw.length) end -= 1;
  const start = number === 1 && raw.subarray(0, 3).equals(MARK) ? 3 : 0;
  return { number, raw, bytes: raw.subarray(start, end) };
}
