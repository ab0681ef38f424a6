/**
 * The platforms that are released, one folder of `npm/` each, and how each one's addon is built. The folders are made
 * by `napi create-npm-dirs` from the `napi.targets` of package.json, which stay the one list of them.
 */
import { readdirSync, readFileSync } from "node:fs";
import { inRoot } from "../run/paths.mjs";

const readJson = (...path) => JSON.parse(readFileSync(inRoot(...path), "utf8"));

/** The root package's manifest. */
export const manifest = () => readJson("package.json");

/** The manifests of the platform packages by folder, such as `linux-x64-gnu`. */
export function platforms() {
  const folders = readdirSync(inRoot("npm")).sort();
  return new Map(folders.map((folder) => [folder, readJson("npm", folder, "package.json")]));
}

/** The oldest C library that Linux addons load with: that of RHEL 8 and Ubuntu 20.04. */
const GLIBC = "2.28";

/**
 * The arguments of `napi build` for a Rust target. Linux is cross-compiled with zig, also for the machine at hand,
 * because only so is the C library's version a choice and not that of whoever built.
 */
export function buildArguments(target) {
  if (target.endsWith("-linux-gnu")) return ["--target", `${target}.${GLIBC}`, "--cross-compile"];
  if (target.endsWith("-linux-musl")) return ["--target", target, "--cross-compile"];
  return ["--target", target];
}
