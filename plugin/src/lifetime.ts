/**
 * Owns the one bridge of a registered plugin: opened on the first use, closed when the host stops the service. The
 * host registers a plugin many times over without using it, so nothing happens before.
 */
import type { GpuBridge, GpuBridgeConfig } from "../../index.js";
import { Drain } from "./drain.js";
import { NotConfiguredError } from "./errors.js";
import { withKeys, type Lookup } from "./keys.js";
import type { Logger } from "./openclaw.js";
import { InstalledPackage } from "./package.js";

export class BridgeLifetime {
  readonly package: InstalledPackage;
  /** Ends calls early where the gateway stops. */
  readonly drain = new Drain();
  readonly #logger: Logger;
  readonly #lookup: Lookup;
  #config: GpuBridgeConfig | undefined;
  #bridge: GpuBridge | undefined;
  #stopped = false;

  /**
   * @param entry the plugin's installed entry, from which the package is found
   * @param logger told what becomes of the hosts
   * @param lookup finds keys that the config refers to
   */
  constructor(config: GpuBridgeConfig | undefined, entry: string, logger: Logger, lookup: Lookup) {
    this.#config = config;
    this.#logger = logger;
    this.#lookup = lookup;
    this.package = new InstalledPackage(entry);
  }

  /** Undefined where no host is named. */
  get config(): GpuBridgeConfig | undefined {
    return this.#config;
  }

  /** Puts in keys that the config only refers to; has to come before {@link open}. Rejects where one can't be had. */
  async unlock(): Promise<void> {
    if (this.#config) this.#config = await withKeys(this.#config, this.#lookup);
  }

  /** The bridge. Throws where the config is missing or wrong, or the host has stopped the plugin. */
  open(): GpuBridge {
    if (this.#stopped) throw new Error("The GPU bridge was stopped with its plugin. Call the tool again.");
    return (this.#bridge ??= this.#create());
  }

  /** Lets {@link open} work again after {@link stop}, should a host start the same instance twice. */
  start(): void {
    this.#stopped = false;
  }

  /** Closes the bridge, if there is one. Running calls end with `closed`, and their work on the hosts too. */
  async stop(): Promise<void> {
    const bridge = this.#bridge;
    this.#bridge = undefined;
    this.#stopped = true;
    await bridge?.close();
  }

  /** The config. Throws where there is none. */
  needConfig(): GpuBridgeConfig {
    if (!this.#config) throw new NotConfiguredError(NOT_CONFIGURED);
    return this.#config;
  }

  #create(): GpuBridge {
    return new this.package.bridge.GpuBridge(this.needConfig(), { logger: this.#logger });
  }
}

const NOT_CONFIGURED =
  "The GPU bridge is not configured. Name at least one host, such as " +
  '{ "hosts": [{ "url": "http://gpu-1:8765" }] }, in plugins.entries["openclaw-gpu-bridge"].config.';
