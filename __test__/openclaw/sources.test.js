/** Where OpenClaw can take the plugin from, beside a packed archive: a registry, without install scripts, and a folder. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import test from "ava";
import { packPackage } from "../support/gateway.js";
import { OpenClawHome, PLUGIN } from "../support/openclaw_home.js";
import { manifest } from "../support/openclaw_host.js";
import { startRegistry } from "../support/registry.js";
import { publish, stageHere } from "../support/release.js";
import { temporaryFolder } from "../support/temporary.js";

const HOSTS = { hosts: [{ name: "nobody", url: "http://127.0.0.1:9" }] };

/** Installs into a home of its own, and holds the plugin to what it promises. */
async function installs(t, source, env = {}) {
  const home = await OpenClawHome.create({ env });
  t.teardown(() => home.remove());
  await home.must("plugins", "install", source, "--force", "--accept-capabilities");
  home.configurePlugin(HOSTS);
  const { plugin, diagnostics } = await home.must("plugins", "inspect", PLUGIN, "--runtime", "--json");
  t.deepEqual([plugin.status, diagnostics], ["loaded", []]);
  t.deepEqual(plugin.toolNames.toSorted(), manifest.contracts.tools.toSorted());
  // The addon is only loaded by use: two is what the command says where no host serves.
  const { code, stdout, stderr } = await home.openclaw("gpu", "status", "--json");
  t.is(code, 2, stderr);
  t.regex(stdout, /"nobody"/);
}

test.serial("from a registry", async (t) => {
  const registry = await startRegistry();
  t.teardown(() => registry.stop());
  await publish(stageHere(registry), registry);
  const env = { ...registry.env, npm_config_prefer_offline: "false", npm_config_registry: registry.url };
  await installs(t, "@elvatis_com/openclaw-gpu-bridge", env);
});

test.serial("from a folder", async (t) => {
  const folder = temporaryFolder("folder-");
  execFileSync("tar", ["-xzf", packPackage(), "-C", folder]);
  await installs(t, join(folder, "package"));
});
