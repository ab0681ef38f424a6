/**
 * The rest of this package, loaded on first use from where it is installed, not from the copy that the host makes of
 * the plugin for each load: so one image of the addon serves any number of reloads.
 */
import { createRequire } from "node:module";
import type * as files from "../../files/index.js";
import type { GpuBridge, GpuBridgeConfig, GpuBridgeOptions } from "../../index.js";

/** What the package's entry exports, as far as it is used here. */
export type BridgeModule = {
  GpuBridge: new (config: GpuBridgeConfig, options: GpuBridgeOptions) => GpuBridge;
};

/** The writers of vector files. */
export type FilesModule = typeof files;

export class InstalledPackage {
  readonly #require: NodeJS.Require;

  /** @param entry the plugin's installed entry */
  constructor(entry: string) {
    this.#require = createRequire(entry);
  }

  /** Loads the addon. Throws where there is none for this machine. */
  get bridge(): BridgeModule {
    return this.#require("../index.js") as BridgeModule;
  }

  get files(): FilesModule {
    return this.#require("../files/index.js") as FilesModule;
  }
}
