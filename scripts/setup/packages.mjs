/** The npm dependencies, exactly as locked. Done again only when the lock or the manifest changed. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { inRoot } from "../run/paths.mjs";
import { run } from "../run/process.mjs";
import { skipped, StepError } from "../run/step.mjs";

const stamp = inRoot("node_modules", ".setup-stamp");

export const packages = {
  name: "packages",
  async run(report) {
    const wanted = fingerprint();
    if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return skipped("as locked");
    try {
      await run("npm", ["ci", "--no-audit", "--no-fund"], { cwd: inRoot(), onLine: report });
    } catch (error) {
      throw new StepError(
        "The npm packages could not be installed. Check the network and npm's registry setting, then run again.",
        error,
      );
    }
    writeFileSync(stamp, wanted);
    return "as locked";
  },
};

/** Scripts in the manifest may change without a new install, dependencies may not. */
function fingerprint() {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
    readFileSync(inRoot("package.json"), "utf8"),
  );
  const hash = createHash("sha256").update(readFileSync(inRoot("package-lock.json")));
  hash.update(
    JSON.stringify({ dependencies, devDependencies, optionalDependencies, node: process.versions.modules }),
  );
  return hash.digest("hex");
}
