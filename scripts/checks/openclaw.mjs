/**
 * The packed plugin in a real OpenClaw, with real daemons. Left out, and said so, only where the host is neither in
 * the cache nor to be had.
 */
import { torchEnvironment } from "../run/env.mjs";
import { daemon, inRoot } from "../run/paths.mjs";
import { tool } from "../run/tool.mjs";
import { browser } from "../setup/browser.mjs";
import { openclaw as host } from "../setup/openclaw.mjs";

const SKIPPED = "OpenClaw or the browser is not in the cache and npm's registry can't be reached";

/** @param profile that of the daemon which was built last */
export const openclaw = (profile) => ({
  name: "openclaw",
  async commands() {
    if (!(await available())) return { commands: [], note: SKIPPED };
    const args = ["--config", inRoot("__test__", "openclaw", "ava.config.js")];
    const service = process.env.GPU_SERVICE_BIN ?? daemon(profile);
    return [[...tool("ava", ...args), { ...torchEnvironment(), GPU_SERVICE_BIN: service }]];
  },
});

async function available() {
  try {
    for (const step of [host, browser]) await step.run(() => {});
    return true;
  } catch {
    return false;
  }
}
