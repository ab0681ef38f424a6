/**
 * The calls of a bridge that run. Each has a number, by which the addon says what it came to; it tells of several at a
 * time. Abort signals are watched here and not in the addon, because the addon's framework would overwrite
 * `signal.onabort`. The addon holds this object, so it must not hold the bridge.
 */
import { GpuBridgeError } from "./error.js";

export class Calls {
  #Cancel;
  #running = new Map();
  #last = 0;

  /** @param {new () => { abort(): void }} Cancel the addon's handle to a running call */
  constructor(Cancel) {
    this.#Cancel = Cancel;
  }

  /**
   * Gives what a call comes to.
   *
   * @param {AbortSignal | undefined} signal
   * @param {(call: number, cancel?: { abort(): void }) => void} start
   */
  async run(signal, start) {
    if (!signal) return unwrap(await this.#settled(start));
    if (signal.aborted) throw aborted(signal);
    const cancel = new this.#Cancel();
    const onAbort = () => cancel.abort();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return unwrap(await this.#settled((call) => start(call, cancel)), signal);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** What the addon calls. */
  settle = (settled) => {
    for (const each of settled) {
      this.#running.get(each.call)(each);
      this.#running.delete(each.call);
    }
  };

  #settled(start) {
    const call = (this.#last = (this.#last + 1) % 2 ** 32);
    start(call);
    return new Promise((resolve) => this.#running.set(call, resolve));
  }
}

function unwrap({ value, failure, bug }, signal) {
  if (bug) throw new Error(bug);
  if (!failure) return value;
  if (failure.code === "aborted" && signal) throw aborted(signal, failure);
  throw new GpuBridgeError(failure);
}

function aborted(signal, failure) {
  const message = failure?.message ?? "The call was aborted before it started.";
  return new GpuBridgeError({ ...failure, code: "aborted", message, cause: signal.reason });
}
