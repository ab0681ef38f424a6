/**
 * Publishes staged folders, the platform packages before the package that names them, so that nobody can install a
 * version whose addons are not there yet. A version that is already published is left alone: a run that broke off is
 * run again.
 *
 * `node scripts/release/publish.mjs OUT [npm publish options]`, such as `--provenance` or `--dry-run`.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CommandError, run } from "../run/process.mjs";
import { line } from "../run/terminal.mjs";
import { platforms } from "./targets.mjs";

/** Publishes all folders under `out`; `options` go to npm. */
export async function publish(out, options = []) {
  for (const folder of [...platforms().keys(), "package"]) await publishFolder(resolve(out, folder), options);
}

async function publishFolder(folder, options) {
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  if (await isPublished(`${name}@${version}`, options))
    return line(`${name}@${version} is already published`);
  await run("npm", ["publish", "--access", "public", ...options], { cwd: folder, onLine: line });
}

/** Asks the registry that would be published to. Anything but its "no such version" is an error. */
async function isPublished(spec, options) {
  const registry = options.filter((option) => option.startsWith("--registry="));
  try {
    const output = await run("npm", ["view", spec, "version", "--json", ...registry]);
    return output.some((text) => text.startsWith('"'));
  } catch (error) {
    if (error instanceof CommandError && error.output.some((text) => text.includes("E404"))) return false;
    throw error;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , out, ...options] = process.argv;
  await publish(out, options);
}
