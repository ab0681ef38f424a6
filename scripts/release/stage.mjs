/**
 * Lays out what is published: a folder for the package and one for each platform's addon. The package itself carries
 * no addon but names the platform packages, of which npm installs the one that fits; what only a checkout needs is
 * left out of its manifest.
 *
 * `node scripts/release/stage.mjs ADDONS OUT` takes the addons of all platforms from one folder.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { inRoot } from "../run/paths.mjs";
import { line } from "../run/terminal.mjs";
import { platformOf } from "./image.mjs";
import { manifest, platforms } from "./targets.mjs";

/** Parts of the manifest that mean something in a checkout only. */
const OF_CHECKOUT = ["scripts", "devDependencies", "overrides", "napi", "ava"];

/** Makes the folders under `out` and gives their paths, the package last. Throws where an addon is missing or wrong. */
export function stage(addons, out) {
  const staged = [...platforms()].map(([folder, { main }]) =>
    stagePlatform(folder, join(addons, main), join(out, folder)),
  );
  return [...staged, stagePackage(join(out, "package"))];
}

function stagePlatform(folder, addon, out) {
  if (!existsSync(addon)) throw new Error(`There is no ${addon}; build it, or bring it from where it was.`);
  const found = platformOf(readFileSync(addon));
  if (!found || !folder.startsWith(found))
    throw new Error(`${addon} is an addon for ${found ?? "no platform we release"}, not for ${folder}.`);
  empty(out);
  cpSync(inRoot("npm", folder), out, { recursive: true });
  copyFileSync(inRoot("LICENSE"), join(out, "LICENSE"));
  copyFileSync(addon, join(out, `openclaw-gpu-bridge.${folder}.node`));
  return out;
}

function stagePackage(out) {
  empty(out);
  for (const path of packed()) {
    mkdirSync(dirname(join(out, path)), { recursive: true });
    copyFileSync(inRoot(path), join(out, path));
  }
  writeFileSync(join(out, "package.json"), `${JSON.stringify(publishedManifest(), undefined, 2)}\n`);
  return out;
}

/** What npm would pack here, but for the addon of this machine. */
function packed() {
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const [{ files }] = JSON.parse(execFileSync("npm", args, { cwd: inRoot(), encoding: "utf8" }));
  return files.map(({ path }) => path).filter((path) => !path.endsWith(".node"));
}

function publishedManifest() {
  const kept = Object.entries(manifest()).filter(([key]) => !OF_CHECKOUT.includes(key));
  const published = Object.fromEntries(kept);
  const names = [...platforms().values()].map(({ name }) => name);
  published.files = published.files.filter((pattern) => !pattern.endsWith(".node"));
  published.optionalDependencies = Object.fromEntries(names.map((name) => [name, published.version]));
  published.openclaw.install.requiredPlatformPackages = names;
  return published;
}

function empty(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , addons, out] = process.argv;
  for (const folder of stage(addons, out)) line(folder);
}
