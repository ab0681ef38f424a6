/**
 * The three builds: the addon, the plugin, the daemon. Cargo and tsc know themselves what is fresh and take a second
 * or two to say so; a stamp of ours could only be wrong.
 */
import { copyFileSync, existsSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { platformName } from "../../native.js";
import { torchEnvironment } from "../run/env.mjs";
import { daemon as daemonPath, inRoot, target } from "../run/paths.mjs";
import { run } from "../run/process.mjs";
import { StepError } from "../run/step.mjs";

const LIBRARY = { darwin: "libopenclaw_gpu_bridge.dylib", win32: "openclaw_gpu_bridge.dll" };

/**
 * Plain cargo rather than `napi build`, which compiles the addon again on the run after a change of dependencies.
 * What it adds, type definitions and a loader, is written by hand here.
 */
export const addon = build("addon", "The Node addon", async (report) => {
  await cargo(["--package", "openclaw-gpu-bridge", "--lib"], {}, report);
  const library = join(target, "release", LIBRARY[process.platform] ?? "libopenclaw_gpu_bridge.so");
  const file = `openclaw-gpu-bridge.${platformName()}.node`;
  replace(library, inRoot(file));
  return file;
});

export const plugin = build("plugin", "The plugin", async (report) => {
  const tsc = inRoot("node_modules", ".bin", "tsc");
  await run(tsc, ["--project", "plugin/tsconfig.json"], { cwd: inRoot(), onLine: report });
  return "dist/";
});

export const daemon = build("daemon", "gpu-service", async (report) => {
  await cargo(["--package", "gpu-service", "--bin", "gpu-service"], torchEnvironment(), report);
  return daemonPath();
});

function build(name, what, work) {
  return {
    name,
    async run(report) {
      try {
        return await work(report);
      } catch (error) {
        throw new StepError(`${what} could not be built; the compiler's own words are above.`, error);
      }
    },
  };
}

function cargo(selection, env, report) {
  const args = ["build", "--release", "--locked", ...selection];
  return run("cargo", args, { cwd: inRoot(), env, onLine: report });
}

/** By renaming, because a running process may have the old file mapped; not at all when it is the same build. */
function replace(source, destination) {
  const [from, to] = [source, destination].map((path) => existsSync(path) && statSync(path));
  if (to && to.mtimeMs >= from.mtimeMs && to.size === from.size) return;
  copyFileSync(source, `${destination}.new`);
  renameSync(`${destination}.new`, destination);
}
