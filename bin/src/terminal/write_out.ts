/**
 * Writes to a stream no faster than its reader reads. Comes back once the stream has taken the bytes, so that a disk that
 * is full is known before the command says that it is done.
 */
import type { Output } from "../source.js";

export function writeOut(stream: Output, bytes: string | Uint8Array, signal: AbortSignal): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    signal.throwIfAborted();
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    stream.write(bytes, (error) => {
      if (error) return void setImmediate(() => reject(error)); // after the stream's own event, which aborts
      signal.removeEventListener("abort", abort);
      resolve();
    });
  });
}
