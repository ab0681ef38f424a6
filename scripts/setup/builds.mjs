/**
 * The builds: the addon, the plugin with the command, the daemon, and what the benchmark needs. Cargo and tsc know
 * themselves what is fresh and take a second or two to say so; a stamp of ours could only be wrong.
 */
import { copyFileSync, existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { platformName } from "../../native.js";
import { torchEnvironment } from "../run/env.mjs";
import { daemon as daemonPath, inRoot, target } from "../run/paths.mjs";
import { run } from "../run/process.mjs";
import { StepError } from "../run/step.mjs";
import { tool } from "../run/tool.mjs";

/** Into a folder of its own and without `index.js`, so that what is written by hand here stays as it is. */
export const addon = build("addon", "The Node addon", async (report) => {
  const output = join(target, "addon");
  const kind = ["--platform", "--release", "--no-js", "--package", "openclaw-gpu-bridge"];
  const places = ["--target-dir", target, "--output-dir", output, "--dts", "addon.d.ts"];
  await run(...tool("napi", "build", ...kind, ...places, "--", "--locked"), {
    cwd: inRoot(),
    onLine: report,
  });
  const file = `openclaw-gpu-bridge.${platformName()}.node`;
  replace(join(output, file), inRoot(file));
  return file;
});

export const plugin = build("plugin", "The plugin and the command", async (report) => {
  for (const project of ["plugin", "bin"])
    await run(...tool("tsc", "--project", `${project}/tsconfig.json`), { cwd: inRoot(), onLine: report });
  return "dist/";
});

export const daemon = build("daemon", "gpu-service", async (report) => {
  const args = ["build", "--release", "--locked", "--package", "gpu-service", "--bin", "gpu-service"];
  await run("cargo", args, { cwd: inRoot(), env: torchEnvironment(), onLine: report });
  return daemonPath();
});

/** What the benchmark compares the addon with. */
export const bareClient = build("bare client", "The bare Rust client of the benchmark", async (report) => {
  const what = ["--package", "gpu-bridge-core", "--example", "bare_client"];
  await run("cargo", ["build", "--release", "--locked", ...what], { cwd: inRoot(), onLine: report });
  return "bare_client";
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

/** By renaming, because a running process may have the old file mapped; not at all when nothing changed. */
function replace(source, destination) {
  if (existsSync(destination) && readFileSync(source).equals(readFileSync(destination))) return;
  copyFileSync(source, `${destination}.new`);
  renameSync(`${destination}.new`, destination);
}
