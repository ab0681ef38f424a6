/** Builds one target's addon into `target/addons`: `node scripts/release/build.mjs TARGET`. */
import { inRoot, target as targetFolder } from "../run/paths.mjs";
import { run } from "../run/process.mjs";
import { line } from "../run/terminal.mjs";
import { tool } from "../run/tool.mjs";
import { buildArguments, manifest } from "./targets.mjs";
import { join } from "node:path";

const { targets } = manifest().napi;
const target = process.argv[2];
if (!targets.includes(target)) {
  line(`${target ?? "No target"} is not released; name one of ${targets.join(", ")}.`);
  process.exit(2);
}
const kind = ["build", "--platform", "--profile", "published", "--no-js", "--package", "openclaw-gpu-bridge"];
const places = ["--target-dir", targetFolder, "--output-dir", join(targetFolder, "addons")];
const args = [...kind, ...places, ...buildArguments(target), "--", "--locked"];
await run(...tool("napi", ...args), { cwd: inRoot(), onLine: line });
