/**
 * The plugin host that `npm run test:openclaw` tries the packed plugin in: OpenClaw and a Node it runs on, both exact,
 * from npm into the cache. They are no dependencies of the package: 800 MB that only this check needs.
 */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { inCache } from "../run/paths.mjs";
import { run } from "../run/process.mjs";
import { skipped, StepError } from "../run/step.mjs";

export const OPENCLAW = "2026.9.6";
export const NODE = "24.21.0";

/** Where the host lies, whether or not it does yet. The versions are in the name, so a new one is a new folder. */
export const openclawFolder = inCache(`openclaw-${OPENCLAW}-node-${NODE}`);

export const openclaw = {
  name: "openclaw",
  async run(report) {
    if (existsSync(openclawFolder)) return skipped(OPENCLAW);
    try {
      await install(report);
    } catch (error) {
      throw new StepError(
        "OpenClaw could not be installed. Check the network and npm's registry setting.",
        error,
      );
    }
    return OPENCLAW;
  },
};

/** Node first: OpenClaw's own install scripts want the one it will run on. Renamed last, so half of one is none. */
async function install(report) {
  const fresh = `${openclawFolder}.${process.pid}.new`;
  mkdirSync(fresh, { recursive: true });
  writeFileSync(join(fresh, "package.json"), '{ "private": true }');
  const path = [join(fresh, "node_modules", "node", "bin"), process.env.PATH].join(delimiter);
  const npm = (...names) =>
    run("npm", ["install", "--no-audit", "--no-fund", ...names], {
      cwd: fresh,
      env: { PATH: path },
      onLine: report,
    });
  try {
    await npm(`node@${NODE}`);
    await npm(`node@${NODE}`, `openclaw@${OPENCLAW}`);
    renameSync(fresh, openclawFolder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
