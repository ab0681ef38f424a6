/**
 * The part of OpenClaw that a tool plugin meets: it registers an entry in one of the modes, holds it to its manifest,
 * makes tools for a workspace and calls them as `(toolCallId, parameters, signal, onUpdate)`. Like the real host it
 * checks no parameters, and holds details to the tool's schema.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import Ajv from "ajv";
import { ELSEWHERE } from "../../demo/openclaw.mjs";
import entry from "../../dist/index.js";

export const manifest = JSON.parse(
  readFileSync(new URL("../../openclaw.plugin.json", import.meta.url), "utf8"),
);
export { entry };

const ajv = new Ajv({ strict: true, allowUnionTypes: true });

export class OpenClawHost {
  tools = new Map();
  services = [];
  log = [];
  failures = [];
  #hooks = [];
  #stopping = new AbortController();

  /** Registers the plugin with the config of `plugins.entries.<id>.config`. */
  constructor(
    pluginConfig,
    {
      mode = "full",
      workspaceDir,
      runtimeSource = fileURLToPath(new URL("../../dist/index.js", import.meta.url)),
    } = {},
  ) {
    const say = (level) => (message) => this.log.push(`${level} ${message}`);
    this.logger = { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") };
    entry.register({
      config: { plugins: { entries: { [entry.id]: { config: pluginConfig } } } },
      pluginConfig,
      runtimeSource,
      registrationMode: mode,
      logger: this.logger,
      registerTool: (make, { name }) => this.#take(make({ workspaceDir }), name),
      registerService: (service) => this.services.push(service),
      ...ELSEWHERE,
      on: (hook, handler) => this.#hooks.push([hook, handler]),
      registerEmbeddingProvider: (adapter) => (this.embedding = adapter),
    });
  }

  #take(tool, name) {
    if (tool.name !== name || !manifest.contracts.tools.includes(name)) {
      throw new Error(`plugin must declare contracts.tools before registering agent tools: ${tool.name}`);
    }
    this.tools.set(tool.name, tool);
  }

  /** Starts the services, as a gateway does once it has loaded everything. */
  async start() {
    const serviceHealth = {
      reportFailure: (error) => (this.failures = [error]),
      clearFailure: () => (this.failures = []),
    };
    for (const service of this.services)
      await service.start({ config: {}, stateDir: "", logger: this.logger, serviceHealth });
    for (const [hook, handler] of this.#hooks)
      if (hook === "gateway_start") handler({ port: 0 }, { abortSignal: this.#stopping.signal });
  }

  /** Begins to stop: a gateway now waits for the calls that run, before it stops the services. */
  drain() {
    this.#stopping.abort();
  }

  /** Stops them, as a gateway does before a reload and at its end. */
  async stop() {
    for (const service of this.services)
      await service.stop({ config: {}, stateDir: "", logger: this.logger });
  }

  /** Calls a tool. Throws where its details are not what it has said they would be. */
  async invoke(name, parameters, signal, onUpdate) {
    const tool = this.tools.get(name);
    const result = await tool.execute(`call-${name}`, parameters, signal, onUpdate);
    const fits = ajv.compile(tool.outputSchema);
    if (!fits(result.details))
      throw new Error(`The details of ${name} break its schema: ${ajv.errorsText(fits.errors)}`);
    return result;
  }
}

/** What the host takes for a failed call, whatever the tool meant. */
export function gradedAsFailure({ details }) {
  const bad = ["error", "failed", "timeout", "blocked", "unavailable", "aborted", "cancelled", "invalid"];
  return (
    bad.includes(details.status) ||
    Boolean(details.error) ||
    details.ok === false ||
    details.timedOut === true
  );
}
