/**
 * Ends jobs once the gateway begins to stop. OpenClaw lets admitted calls run to their end first, minutes if need be,
 * and tells plugins so only through the signal that it gives to `gateway_start`. A job that long is better begun again
 * than waited for; a call of some milliseconds, such as the last search of an agent that ends its turn, is still served.
 */

/** Milliseconds that a call has left once the gateway stops: less than the 250 after which it looks again. */
const GRACE = 200;

/** Worded, and without a status, so that the host's own retries leave it alone. */
export class GatewayStoppingError extends Error {
  override readonly name = "GatewayStoppingError";
  readonly code = "gateway_stopping";

  constructor() {
    super("The gateway is stopping, so this GPU job was ended. Start it again once the gateway is back.");
  }
}

export class Drain {
  readonly #running = new AbortController();
  #begun = false;
  #stopping: AbortSignal | undefined;

  /** Begins when `stopping` aborts. Holds on to it until {@link stop}. */
  follow(stopping: AbortSignal | undefined): void {
    this.#stopping = stopping;
    if (stopping?.aborted) this.begin();
    else stopping?.addEventListener("abort", this.begin, { once: true });
  }

  stop(): void {
    this.#stopping?.removeEventListener("abort", this.begin);
  }

  /** From now on no call lasts longer than {@link GRACE}, be it running or yet to come. */
  readonly begin = (): void => {
    if (!this.#begun) endSoon(this.#running);
    this.#begun = true;
  };

  /** For a call that begins now: aborts when its caller's own signal does, or when it holds up the gateway. */
  signal(own?: AbortSignal): AbortSignal {
    const ending = this.#begun ? endSoon(new AbortController()) : this.#running.signal;
    return own ? AbortSignal.any([own, ending]) : ending;
  }
}

function endSoon(controller: AbortController): AbortSignal {
  setTimeout(() => controller.abort(new GatewayStoppingError()), GRACE).unref();
  return controller.signal;
}

/** The gateway's stop, where that is behind a call that was aborted; else the error as it is. */
export function reasonOf(error: unknown): unknown {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof GatewayStoppingError ? cause : error;
}
