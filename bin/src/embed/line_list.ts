/** The numbers of the lines whose texts were cut, one a line: a file that is appended to, and can be gone on with. */
import { open, stat, type FileHandle } from "node:fs/promises";
import { UsageError } from "../failure.js";

export class LineList {
  readonly #file: FileHandle | undefined;
  /** How many there are. */
  count: number;
  /** The length of the file. */
  bytes: number;

  private constructor(file: FileHandle | undefined, count: number, bytes: number) {
    this.#file = file;
    this.count = count;
    this.bytes = bytes;
  }

  /** Without a path they are only counted. */
  static async open(path: string | null, done = { count: 0, bytes: 0 }): Promise<LineList> {
    if (path === null) return new LineList(undefined, done.count, 0);
    if (done.bytes > 0) await checkThere(path, done.bytes);
    const file = await open(path, done.bytes > 0 ? "r+" : "w");
    await file.truncate(done.bytes);
    return new LineList(file, done.count, done.bytes);
  }

  async add(lines: number[]): Promise<void> {
    this.count += lines.length;
    if (!this.#file || lines.length === 0) return;
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
    await this.#file.write(bytes, 0, bytes.length, this.bytes);
    this.bytes += bytes.length;
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}

async function checkThere(path: string, bytes: number): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found && found.size >= bytes) return;
  throw new UsageError(
    `${path} is not what the run that was cut short has written; put it back, or start anew with --force.`,
  );
}
