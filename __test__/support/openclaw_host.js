/**
 * The part of OpenClaw that a tool plugin meets: it registers an entry in one of the modes, holds it to its manifest,
 * and calls tools as `(toolCallId, parameters, signal)`. Like the real host it does not check parameters.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import entry from "../../dist/index.js";

export const manifest = JSON.parse(
  readFileSync(new URL("../../openclaw.plugin.json", import.meta.url), "utf8"),
);
export { entry };

export class OpenClawHost {
  tools = new Map();
  services = [];
  log = [];
  failures = [];

  /** Registers the plugin with the config of `plugins.entries.<id>.config`. */
  constructor(
    pluginConfig,
    { mode = "full", runtimeSource = fileURLToPath(new URL("../../dist/index.js", import.meta.url)) } = {},
  ) {
    const say = (level) => (message) => this.log.push(`${level} ${message}`);
    this.logger = { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") };
    entry.register({
      config: { plugins: { entries: { [entry.id]: { config: pluginConfig } } } },
      pluginConfig,
      runtimeSource,
      registrationMode: mode,
      logger: this.logger,
      registerTool: (tool) => this.#take(tool),
      registerService: (service) => this.services.push(service),
    });
  }

  #take(tool) {
    if (!manifest.contracts.tools.includes(tool.name)) {
      throw new Error(`plugin must declare contracts.tools before registering agent tools: ${tool.name}`);
    }
    this.tools.set(tool.name, tool);
  }

  /** Starts the services, as a gateway does once it has loaded everything. */
  async start() {
    const serviceHealth = {
      reportFailure: (error) => this.failures.push(error),
      clearFailure: () => (this.failures.length = 0),
    };
    for (const service of this.services)
      await service.start({ config: {}, stateDir: "", logger: this.logger, serviceHealth });
  }

  /** Stops them, as a gateway does before a reload and at its end. */
  async stop() {
    for (const service of this.services)
      await service.stop({ config: {}, stateDir: "", logger: this.logger });
  }

  invoke(name, parameters, signal) {
    return this.tools.get(name).execute(`call-${name}`, parameters, signal);
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
