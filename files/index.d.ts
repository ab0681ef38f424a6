/** Files of vectors: `.npy`, `.safetensors`, `.jsonl` and bare float32, written as they come. */

/** `raw` is the numbers and nothing else: float32, little-endian, row after row. */
export type FormatName = "npy" | "safetensors" | "jsonl" | "raw";

/** How vectors become bytes. */
export interface Format {
  /** Empty where the format has none; of the same length for every number of rows. */
  header(facts: { rows: number; dimensions: number; model: string }): Buffer;
  /** Rows as they stand in the file; may share memory with `vectors`. `firstRow` is the index of the first. */
  encode(vectors: Float32Array, dimensions: number, firstRow: number): Buffer;
}

/** The names of all formats. */
export const FORMAT_NAMES: FormatName[];

/** The format of a path by its suffix: `.npy`, `.safetensors`, `.jsonl`, `.f32`; else `undefined`. */
export function formatOf(path: string): FormatName | undefined;

/** A format by its name. Throws a `RangeError` where there is none. */
export function formatNamed(name: string): Format;

/** A float32 as a short decimal that reads back as the same: `0.1`, not `0.10000000149011612`. */
export function shortest(number: number): string;

/** The header of an `.npy` file with a float32 matrix. */
export function npyHeader(rows: number, columns: number): Buffer;

/** Where the rows of an unfinished file are: `PATH.part`. */
export function partOf(path: string): string;

/** What a file holds. */
export interface VectorFacts {
  format: FormatName;
  /** Numbers a row. */
  dimensions: number;
  /** Named in the metadata of `.safetensors`. */
  model: string;
}

/** A file of vectors, written in order with bounded memory. It has its name only once it is whole. */
export class VectorFile {
  private constructor();
  /** Starts `PATH.part`. Rejects where the path is something else than a file. */
  static create(path: string, facts: VectorFacts): Promise<VectorFile>;
  /** Goes on with `PATH.part` after so many rows and bytes. */
  static resume(path: string, facts: VectorFacts, done: { rows: number; bytes: number }): Promise<VectorFile>;
  /** Rows written so far. */
  readonly rows: number;
  /** Bytes written so far, the header counted. */
  readonly bytes: number;
  /** Appends whole rows. One call at a time. */
  write(vectors: Float32Array): Promise<void>;
  /** Comes back once what was written is on the disk. */
  sync(): Promise<void>;
  /** Puts the row count into the header and gives the file its name. */
  finish(): Promise<void>;
  /** Leaves `PATH.part` to be resumed. */
  close(): Promise<void>;
  /** Removes `PATH.part`. */
  discard(): Promise<void>;
}
