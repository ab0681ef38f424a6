/**
 * The rest of this package, loaded on first use from where it is installed, not from the copy that the host makes of
 * the plugin for each load: so one image of the addon serves any number of reloads.
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import type * as files from "../../files/index.js";
import type { GpuBridge, GpuBridgeConfig, GpuBridgeOptions } from "../../index.js";

/** What the package's entry exports, as far as it is used here. */
export type BridgeModule = {
  GpuBridge: new (config: GpuBridgeConfig, options: GpuBridgeOptions) => GpuBridge;
};

/** The commands of `gpu-bridge`, as far as they are told what to work with. */
export interface CommandsModule {
  addCommands(program: Command, source: CommandSource): void;
}

/** What a command works with: the config, and the process that it runs in. */
export interface CommandSource {
  config(): Promise<GpuBridgeConfig>;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  exit(code: number): void;
}

/** The writers of vector files. */
export type FilesModule = typeof files;

export class InstalledPackage {
  readonly #require: NodeJS.Require;
  readonly #entry: string;

  /** @param entry the plugin's installed entry */
  constructor(entry: string) {
    this.#require = createRequire(entry);
    this.#entry = entry;
  }

  /** Where the files of the page "GPU hosts" lie. */
  get page(): string {
    return join(dirname(this.#entry), "..", "assets", "fleet");
  }

  get commands(): CommandsModule {
    return this.#require("./bin/commands.js") as CommandsModule;
  }

  /** Loads the addon. Throws where there is none for this machine. */
  get bridge(): BridgeModule {
    return this.#require("../index.js") as BridgeModule;
  }

  get files(): FilesModule {
    return this.#require("../files/index.js") as FilesModule;
  }
}
