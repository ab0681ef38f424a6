/**
 * The command lines of this checkout's own tools. They run as what they are, files for Node: on Windows the names in
 * `node_modules/.bin` are scripts for a shell, which no process can be started from.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inRoot } from "./paths.mjs";

const PACKAGES = { ava: "ava", napi: "@napi-rs/cli", prettier: "prettier", tsc: "typescript" };

/** `[command, args]` that runs the tool `name` with `args`. */
export function tool(name, ...args) {
  const folder = inRoot("node_modules", PACKAGES[name]);
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return [process.execPath, [join(folder, typeof bin === "string" ? bin : bin[name]), ...args]];
}
