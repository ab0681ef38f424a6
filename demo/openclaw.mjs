/**
 * A host for the plugin, as small as one can be: it registers the built plugin, starts its service, calls its tools
 * and stops it, in the way and order OpenClaw does.
 */
import { pathToFileURL } from "node:url";
import { inRoot } from "../scripts/run/paths.mjs";

/** What the plugin offers beside tools, which is for the real OpenClaw to show. */
export const ELSEWHERE = {
  on() {},
  registerEmbeddingProvider() {},
  registerHttpRoute() {},
  registerGatewayMethod() {},
  registerCommand() {},
  registerCli() {},
  session: { controls: { registerControlUiDescriptor() {} } },
};

export class PluginHost {
  #tools = new Map();
  #services = [];
  #calls = 0;
  #context;

  /** Registers the plugin with its config and starts its services. */
  static async load(pluginConfig) {
    const entry = inRoot("dist", "index.js");
    const { default: plugin } = await import(pathToFileURL(entry));
    const host = new PluginHost();
    plugin.register(host.#api(pluginConfig, entry));
    for (const service of host.#services) await service.start(host.#context);
    return host;
  }

  /** Calls a tool as a model would; gives `{ content, details }`. Throws what the tool throws. */
  call(tool, parameters = {}) {
    this.#calls += 1;
    return this.#tools
      .get(tool)
      .execute(`call-${this.#calls}`, parameters, new AbortController().signal, () => {});
  }

  /** The JSON that a tool's text holds. */
  async ask(tool, parameters) {
    const { content } = await this.call(tool, parameters);
    return JSON.parse(content[0].text);
  }

  get toolNames() {
    return [...this.#tools.keys()];
  }

  async stop() {
    for (const service of this.#services) await service.stop(this.#context);
  }

  #api(pluginConfig, runtimeSource) {
    const quiet = () => {};
    const logger = {
      debug: quiet,
      info: quiet,
      warn: (text) => console.error(text),
      error: (text) => console.error(text),
    };
    this.#context = { logger };
    return {
      pluginConfig,
      runtimeSource,
      logger,
      config: {},
      registrationMode: "full",
      registerTool: (make, { name }) => this.#tools.set(name, make({})),
      registerService: (service) => this.#services.push(service),
      ...ELSEWHERE,
    };
  }
}
