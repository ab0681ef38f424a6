/** Where vectors go. */
import type { EmbedResponse } from "../../../index.js";
import type { Chunk } from "./chunks.js";

export interface Target {
  /** What has been written, earlier runs counted. */
  readonly totals: { rows: number; tokens: number; truncated: number };
  /** Takes the answers in the order of the chunks, one call at a time. */
  write(chunk: Chunk, answer: EmbedResponse): Promise<void>;
  /** Everything is written. */
  finish(): Promise<void>;
  /** Ends early; gives how many rows can be gone on with. */
  leave(): Promise<number>;
}
