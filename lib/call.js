/**
 * Runs one call of the addon. The abort signal is watched here and not in the addon, because the addon's framework
 * would overwrite `signal.onabort`. The addon never rejects: it answers with a failure, whose fields a rejected
 * promise would lose.
 */
import { GpuBridgeError } from "./error.js";

/**
 * @param {new () => { abort(): void }} Cancel the addon's handle to a running call
 * @param {{ signal?: AbortSignal }} options
 * @param {(cancel: { abort(): void }) => Promise<object>} start
 */
export async function runCall(Cancel, { signal }, start) {
  if (signal?.aborted) throw aborted(signal);
  const cancel = new Cancel();
  const onAbort = () => cancel.abort();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return unwrap(await start(cancel), signal);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

function unwrap({ failure, value }, signal) {
  if (!failure) return value;
  if (failure.code === "aborted" && signal) throw aborted(signal, failure);
  throw new GpuBridgeError(failure);
}

function aborted(signal, failure) {
  const message = failure?.message ?? "The call was aborted before it started.";
  return new GpuBridgeError({ ...failure, code: "aborted", message, cause: signal.reason });
}
