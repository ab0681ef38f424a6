/**
 * The three builds: the addon, the plugin, the daemon. Cargo knows itself what is fresh, and its no-op takes about
 * a second, so none of them is skipped by a stamp of ours that could be wrong.
 */
import { torchEnvironment } from "../run/env.mjs";
import { daemon as daemonPath, inRoot } from "../run/paths.mjs";
import { run } from "../run/process.mjs";
import { StepError } from "../run/step.mjs";

const bin = (name) => inRoot("node_modules", ".bin", name);

/** `--no-js` and the separate types file keep the hand-written `index.js` and `index.d.ts` as they are. */
export const addon = build("addon", "the Node addon", bin("napi"), [
  ...["build", "--platform", "--release", "--no-js"],
  ...["--dts", "target/addon.d.ts", "--package", "openclaw-gpu-bridge"],
]);

export const plugin = build("plugin", "the plugin", bin("tsc"), ["--project", "plugin/tsconfig.json"]);

export const daemon = build(
  "daemon",
  "gpu-service",
  "cargo",
  ["build", "--release", "--locked", "--package", "gpu-service", "--bin", "gpu-service"],
  { env: torchEnvironment, detail: () => daemonPath() },
);

function build(name, what, command, args, { env = () => ({}), detail = () => "" } = {}) {
  return {
    name,
    async run(report) {
      try {
        await run(command, args, { cwd: inRoot(), env: env(), onLine: report });
      } catch (error) {
        throw new StepError(`${what} could not be built; the compiler's own words are above.`, error);
      }
      return detail();
    },
  };
}
