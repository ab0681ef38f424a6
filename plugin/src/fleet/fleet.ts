/**
 * The fleet as others see it. However many look, the hosts are asked at most every two seconds, and only while somebody
 * looks; the samples of their speed come from what the pool knows anyway.
 */
import type { GpuBridge } from "../../../index.js";
import type { BridgeLifetime } from "../lifetime.js";
import { Sampler } from "./sampler.js";
import { fleetView, type FleetView, type Said } from "./view.js";

/** For how long an answer is still an answer, in milliseconds. */
const FRESH = 2_000;
/** Seconds a host may take to say what it does; the page is no reason to wait for a dead one. */
const PATIENCE = 1.5;

export class Fleet {
  readonly #lifetime: BridgeLifetime;
  readonly #sampler = new Sampler();
  #timer: NodeJS.Timeout | undefined;
  #asked: { at: number; said: Promise<Said> } | undefined;

  constructor(lifetime: BridgeLifetime) {
    this.#lifetime = lifetime;
  }

  /** Begins to sample. Never keeps the process alive. */
  start(bridge: GpuBridge): void {
    this.stop();
    this.#timer = setInterval(() => this.#sampler.take(bridge.hosts()), Sampler.SECONDS * 1000).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Throws where nothing is configured, or the plugin was stopped. */
  async view(): Promise<FleetView> {
    const bridge = this.#lifetime.open();
    const said = await this.#ask(bridge);
    return fleetView(bridge.hosts(), said, (name) => this.#sampler.of(name), new Date());
  }

  #ask(bridge: GpuBridge): Promise<Said> {
    const now = performance.now();
    if (!this.#asked || now - this.#asked.at > FRESH) this.#asked = { at: now, said: ask(bridge) };
    return this.#asked.said;
  }
}

/** That no host answers is something to see, not an error. */
async function ask(bridge: GpuBridge): Promise<Said> {
  const options = { timeout: PATIENCE };
  const [info, status] = await Promise.allSettled([bridge.info(options), bridge.status(options)]);
  return {
    info: info.status === "fulfilled" ? info.value : undefined,
    status: status.status === "fulfilled" ? status.value : undefined,
  };
}
