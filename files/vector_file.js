/**
 * A file of vectors that is written in order, a block of rows at a time, with bounded memory. Until it is finished it
 * stands beside its place as `PATH.part`; then the row count enters the header and the file takes its name. So a path
 * never holds half a file, and what stood there before stays until the new file is whole.
 */
import { open, rename, rm, stat } from "node:fs/promises";
import { formatNamed } from "./formats.js";

/** Where the rows of an unfinished file are. */
export const partOf = (path) => `${path}.part`;

export class VectorFile {
  #path;
  #handle;
  #format;
  #facts;

  /** Use {@link VectorFile.create} or {@link VectorFile.resume}. */
  constructor(path, handle, { format, dimensions, model }, { rows, bytes }) {
    this.#path = path;
    this.#handle = handle;
    this.#format = formatNamed(format);
    this.#facts = { dimensions, model };
    this.rows = rows;
    this.bytes = bytes;
  }

  /** Starts a file; an unfinished one is replaced. */
  static async create(path, facts) {
    const { header } = formatNamed(facts.format);
    await refuseSpecial(path);
    const handle = await open(partOf(path), "w");
    const start = header({ rows: 0, ...facts });
    await writeAll(handle, start, 0);
    return new VectorFile(path, handle, facts, { rows: 0, bytes: start.length });
  }

  /** Goes on with an unfinished file after so many rows and bytes; what lies behind them is cut off. */
  static async resume(path, facts, { rows, bytes }) {
    formatNamed(facts.format);
    await refuseSpecial(path);
    const handle = await open(partOf(path), "r+");
    const { size } = await handle.stat();
    if (size < bytes) {
      await handle.close();
      throw new Error(`${partOf(path)} has ${size} bytes where at least ${bytes} were written; start anew.`);
    }
    await handle.truncate(bytes);
    return new VectorFile(path, handle, facts, { rows, bytes });
  }

  /** Appends rows. One call at a time. */
  async write(vectors) {
    const { dimensions } = this.#facts;
    if (vectors.length % dimensions !== 0)
      throw new RangeError(`${vectors.length} numbers are no whole rows of ${dimensions}.`);
    const bytes = this.#format.encode(vectors, dimensions, this.rows);
    await writeAll(this.#handle, bytes, this.bytes);
    this.rows += vectors.length / dimensions;
    this.bytes += bytes.length;
  }

  /** Comes back once what was written is on the disk. */
  async sync() {
    await this.#handle.datasync();
  }

  /** Completes the file and gives it its name. */
  async finish() {
    await writeAll(this.#handle, this.#format.header({ rows: this.rows, ...this.#facts }), 0);
    await this.#handle.sync();
    await this.#handle.close();
    await rename(partOf(this.#path), this.#path);
  }

  /** Leaves the file unfinished, to be resumed. */
  async close() {
    await this.#handle.close();
  }

  /** Leaves nothing behind. */
  async discard() {
    await this.#handle.close();
    await rm(partOf(this.#path), { force: true });
  }
}

/** A device or a pipe can't be given a header afterwards, and must not be replaced by a file. */
async function refuseSpecial(path) {
  const found = await stat(path).catch(() => undefined);
  if (found && !found.isFile()) throw new Error(`${path} is not a file; vectors are written to files.`);
}

/** A single `write` may write less than it was given. */
async function writeAll(handle, bytes, position) {
  let done = 0;
  while (done < bytes.length)
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
}
