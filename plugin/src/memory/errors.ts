/**
 * Errors in the words that the host's own retries go by: a status, and how long to wait. Whatever another try can't mend
 * carries a status that stops it.
 */
import type { GpuBridgeError } from "../../../index.js";

const STATUS: Record<string, number> = {
  overloaded: 429,
  timeout: 504,
  all_hosts_failed: 503,
  bad_response: 502,
  closed: 503,
  unauthorized: 401,
  model_not_found: 404,
  model_mismatch: 409,
};

/** The error to throw for one of the bridge's, and any other as it is. OpenClaw adds the code to the sentence. */
export function embeddingError(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== "GpuBridgeError") return error;
  const { code, message, retryAfter } = error as GpuBridgeError;
  const wait = retryAfter === undefined ? {} : { retryAfterMs: Math.ceil(retryAfter * 1000) };
  return Object.assign(new Error(message), { code, status: STATUS[code] ?? 400, ...wait });
}
