/** What the system says of a file, as a sentence that names the file and leaves out what only programs need. */
import { UsageError } from "./failure.js";

/** A file that the user named can't be read. */
export function unreadable(path: string, cause: unknown): UsageError {
  return new UsageError(`${path} can't be read: ${reasonOf(cause)}.`);
}

/** A file, or the standard output, can't be written. */
export function unwritable(path: string, cause: unknown): Error {
  return new Error(`${path} can't be written: ${reasonOf(cause)}.`, { cause });
}

/** `no such file or directory` of Node's `ENOENT: no such file or directory, open 'texts.txt'`. */
export function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return /^[A-Z0-9]+: (.+?), \w+( '.*)?$/s.exec(message)?.[1] ?? message;
}
