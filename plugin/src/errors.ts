/**
 * How failures reach the host: thrown, always. The host tells a caller's mistake from a broken tool by the error's
 * name, and shows only the former's message over HTTP.
 */

/** The caller asked for something that can't be. OpenClaw answers with status 400 and this message. */
export class ToolInputError extends Error {
  override readonly name = "ToolInputError";
}

/** There is nothing to call yet. Shown like a caller's mistake, for only a message that is seen gets it mended. */
export class NotConfiguredError extends Error {
  readonly code = "not_configured";
}

const SHOWN: ReadonlySet<unknown> = new Set(["invalid_input", "model_not_found", "not_configured"]);

/**
 * Gives errors that somebody can mend from their message the name the host looks for. Without the error as the cause,
 * for the host adds a cause's code to the sentence.
 */
export function toolError(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error) || !SHOWN.has(error.code)) return error;
  return new ToolInputError(error.message);
}

/** What is to be told of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
