/** A steady stream of small calls, and what became of them. */
import { setTimeout as sleep } from "node:timers/promises";
import type { GpuBridge } from "../../../index.js";
import { reasonOf, requestFor, type Trial } from "./trial.js";

const CALLERS = 4;
/** After a failure, so that a dead pool is not called in a spin. */
const PAUSE_MS = 100;

export class SteadyLoad {
  readonly #trial: Trial;
  readonly #bridge: GpuBridge;
  readonly #callers: Promise<void>[];
  #stopped = false;
  done = 0;
  readonly failures: string[] = [];

  constructor(trial: Trial, bridge: GpuBridge) {
    this.#trial = trial;
    this.#bridge = bridge;
    this.#callers = Array.from({ length: CALLERS }, () => this.#call());
  }

  /** Waits for the calls under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#callers);
  }

  async #call(): Promise<void> {
    while (!this.#stopped && !this.#trial.context.signal.aborted) {
      try {
        await this.#bridge.embed(
          requestFor(this.#trial, [`Failover, call ${this.done}.`]),
          this.#trial.calls,
        );
        this.done += 1;
      } catch (error) {
        this.failures.push(reasonOf(error));
        await sleep(PAUSE_MS);
      }
    }
  }
}
