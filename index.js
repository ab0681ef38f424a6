/**
 * The public API: a thin layer over the addon. It checks argument types, watches abort signals and turns failures
 * into `GpuBridgeError`. Which host gets what, and when to try again, is decided in Rust.
 */
import { Calls } from "./lib/calls.js";
import { configText } from "./lib/config.js";
import { GpuBridgeError } from "./lib/error.js";
import { bertscoreInput, callOptions, embedInput, rerankInput } from "./lib/input.js";
import { logSink } from "./lib/logger.js";
import { areFew, pack } from "./lib/packed.js";
import { EmbedResponse } from "./lib/vectors.js";
import { loadNative } from "./native.js";

export { GpuBridgeError };

export class GpuBridge {
  static metricsContentType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

  #PackedTexts;
  #calls;
  #native;
  #log;
  #closing;

  constructor(config, options) {
    const addon = loadNative();
    this.#PackedTexts = addon.PackedTexts;
    this.#calls = new Calls(addon.Cancel);
    this.#log = logSink(options);
    this.#native = open(addon, config, this.#calls, this.#log);
  }

  async health(options) {
    return JSON.parse(await this.#call(options, (...call) => this.#native.health(...call)));
  }

  async info(options) {
    return JSON.parse(await this.#call(options, (...call) => this.#native.info(...call)));
  }

  async status(options) {
    return JSON.parse(await this.#call(options, (...call) => this.#native.status(...call)));
  }

  async embed(request, options) {
    const { lists, settings } = embedInput(request);
    const start = (texts, ...call) => this.#native.embed(texts, settings, ...call);
    return new EmbedResponse(await this.#callWith(lists, options, start));
  }

  async bertscore(request, options) {
    const { lists, settings } = bertscoreInput(request);
    const start = (candidates, references, ...call) =>
      this.#native.bertscore(candidates, references, settings, ...call);
    return JSON.parse(await this.#callWith(lists, options, start));
  }

  async rerank(request, options) {
    const { lists, settings } = rerankInput(request);
    const start = (documents, ...call) => this.#native.rerank(documents, settings, ...call);
    return JSON.parse(await this.#callWith(lists, options, start));
  }

  hosts() {
    return JSON.parse(this.#native.hosts());
  }

  metrics() {
    return this.#native.metrics();
  }

  async close() {
    await (this.#closing ??= this.#native.close().finally(() => this.#log?.close()));
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }

  /** A call with lists of texts, which starts at once where they are few. */
  #callWith(lists, options, start) {
    const call = (texts) => this.#call(options, (...rest) => start(...texts, ...rest));
    return lists.every(areFew) ? call(lists) : pack(lists, this.#PackedTexts).then(call);
  }

  #call(options, start) {
    const limits = callOptions(options);
    if (this.#closing)
      throw new GpuBridgeError({ code: "closed", message: "The bridge is closed; make a new one." });
    return this.#calls.run(limits, (call, cancel) => start(call, cancel, limits));
  }
}

function open(addon, config, calls, log) {
  const text = configText(config);
  const logging = log ? [(line) => log.tell(line), log.debug] : [];
  try {
    return new addon.NativeBridge(text, calls.settle, ...logging);
  } catch (error) {
    if (error.code !== "invalid_config") throw error;
    throw new GpuBridgeError({ code: error.code, message: error.message });
  }
}
