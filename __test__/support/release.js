/** A release as far as it can be made on one machine, and its way into a registry. */
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { platformName } from "../../native.js";
import { stage } from "../../scripts/release/stage.mjs";
import { platforms } from "../../scripts/release/targets.mjs";
import { root } from "../../scripts/run/paths.mjs";

export const addonOf = (platform) => `openclaw-gpu-bridge.${platform}.node`;

const here = platformName();
const execute = promisify(execFile);

/** Stages a release in the registry's folder. */
export function stageHere(registry) {
  const staged = join(registry.folder, "staged");
  stage(addons(registry), staged);
  return staged;
}

/**
 * This machine's addon, and for the others, which only their own machines or a cross compiler can build, no more than
 * the header by which an addon is told.
 */
function addons(registry) {
  const folder = join(registry.folder, "addons");
  mkdirSync(folder);
  for (const platform of platforms().keys())
    writeFileSync(join(folder, addonOf(platform)), addonHeader(platform));
  copyFileSync(join(root, addonOf(here)), join(folder, addonOf(here)));
  return folder;
}

/** As many bytes of an addon as tell its platform. */
export function addonHeader(platform) {
  const [system, arch] = platform.split("-");
  const bytes = Buffer.alloc(128);
  if (system === "linux") {
    bytes.write("\x7fELF", 0, "latin1");
    bytes.writeUInt16LE(arch === "x64" ? 0x3e : 0xb7, 18);
  } else if (system === "darwin") {
    bytes.writeUInt32LE(0xfeedfacf, 0);
    bytes.writeUInt32LE(arch === "x64" ? 0x01000007 : 0x0100000c, 4);
  } else {
    bytes.write("MZ", 0, "latin1");
    bytes.writeUInt32LE(64, 60);
    bytes.writeUInt16LE(arch === "x64" ? 0x8664 : 0xaa64, 68);
  }
  return bytes;
}

/** Publishes into a registry, and gives what was said. */
export async function publish(out, registry) {
  const script = join(root, "scripts/release/publish.mjs");
  const args = [script, out, `--registry=${registry.url}`];
  const { stdout } = await execute(process.execPath, args, { env: { ...process.env, ...registry.env } });
  return stdout;
}
