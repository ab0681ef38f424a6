/**
 * The calls of a bridge that run. Each has a number, by which the addon says how far it has come and what it came to; it
 * tells of several at a time, in order. Abort signals are watched here and not in the addon, because the addon's framework would overwrite
 * `signal.onabort`. The addon holds this object, so it must not hold the bridge.
 */
import { setMaxListeners } from "node:events";
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
   * @param {{ signal?: AbortSignal, onProgress?: (progress: object) => void } | undefined} options
   * @param {(call: number, cancel?: { abort(): void }) => void} start
   */
  async run(options, start) {
    const { signal, onProgress } = options ?? {};
    if (!signal) return unwrap(await this.#settled(onProgress, start));
    if (signal.aborted) throw aborted(signal);
    const cancel = new this.#Cancel();
    const onAbort = () => cancel.abort();
    const told = onProgress && ((progress) => signal.aborted || onProgress(progress));
    setMaxListeners(Infinity, signal); // Many calls may have one signal, and each takes its listener away.
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return unwrap(await this.#settled(told, (call) => start(call, cancel)), signal);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** What the addon calls. */
  settle = (settled) => {
    for (const each of settled) {
      const { resolve, onProgress } = this.#running.get(each.call);
      if (each.progress) {
        tell(onProgress, each.progress);
      } else {
        resolve(each);
        this.#running.delete(each.call);
      }
    }
  };

  #settled(onProgress, start) {
    const call = (this.#last = (this.#last + 1) % 2 ** 32);
    start(call);
    return new Promise((resolve) => this.#running.set(call, { resolve, onProgress }));
  }
}

/** A caller's function that throws is the caller's business and must not cost other calls their answers. */
function tell(onProgress, progress) {
  try {
    onProgress(progress);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
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
