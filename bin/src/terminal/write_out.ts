/** Writes to a stream no faster than its reader reads. */
import { once } from "node:events";
import type { Output } from "../source.js";

export async function writeOut(
  stream: Output,
  bytes: string | Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  if (!stream.write(bytes)) await once(stream, "drain", { signal });
}
