/**
 * The OpenClaw entry. `register()` runs many times in one process, also where nothing will be used: it only hands
 * over objects, never throws and starts nothing.
 *
 * The entry is a plain object because OpenClaw's `definePluginEntry` does no more than give it back; so the plugin
 * needs no OpenClaw to be imported.
 */
import { fileURLToPath } from "node:url";
import { readConfig } from "./config.js";
import { Fleet } from "./fleet/fleet.js";
import { Panel } from "./fleet/panel.js";
import { registerShell, registerSurfaces } from "./fleet/surfaces.js";
import { lookupBy } from "./keys.js";
import { BridgeLifetime } from "./lifetime.js";
import { createEmbeddingAdapter } from "./memory/provider.js";
import type { PluginApi } from "./openclaw.js";
import { createService } from "./service.js";
import { toolMakers } from "./tools.js";

/** Loads that only collect metadata, all of which is in the manifest. */
const INERT_MODES: ReadonlySet<string> = new Set(["cli-metadata", "setup-only"]);

export default {
  id: "openclaw-gpu-bridge",
  name: "GPU Bridge",
  description: "Embeddings, similarity, reranking and BERTScore on your own GPU hosts",
  register(api: PluginApi): void {
    const entry = api.runtimeSource ?? fileURLToPath(import.meta.url);
    const config = readConfig(api.pluginConfig);
    const lifetime = new BridgeLifetime(config, entry, api.logger, lookupBy(api.config));
    registerShell(api, lifetime);
    if (INERT_MODES.has(api.registrationMode)) return;
    for (const [name, make] of toolMakers(lifetime)) api.registerTool(make, { name });
    api.registerEmbeddingProvider(createEmbeddingAdapter(lifetime));
    if (api.registrationMode !== "full") return;
    const fleet = new Fleet(lifetime);
    const panel = new Panel(fleet, lifetime.package.page);
    registerSurfaces(api, fleet, panel);
    api.on("gateway_start", (_event, { abortSignal }) => lifetime.drain.follow(abortSignal));
    api.registerService(createService(lifetime, [fleet, panel, lifetime.drain]));
  },
};
