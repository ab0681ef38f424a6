/**
 * How failures reach the host: thrown, always. The host tells a caller's mistake from a broken tool by the error's
 * name, and shows only the former's message over HTTP.
 */

/** The caller asked for something that can't be. OpenClaw answers with status 400 and this message. */
export class ToolInputError extends Error {
  override readonly name = "ToolInputError";
}

const CALLERS_MISTAKES: ReadonlySet<unknown> = new Set(["invalid_input", "model_not_found"]);

/** Gives the bridge's errors the name the host looks for, where the caller can mend them. */
export function toolError(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error) || !CALLERS_MISTAKES.has(error.code)) return error;
  return new ToolInputError(error.message, { cause: error });
}
