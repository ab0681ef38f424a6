/**
 * npm packages that a check needs and the package doesn't: each set in a folder of the cache of its own, exact, and
 * renamed into place, so that half of one is none.
 */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "../run/process.mjs";
import { skipped, StepError } from "../run/step.mjs";

/**
 * A step that installs `rounds`, lists of `NAME@VERSION` one after the other, into `folder`. Programs of an earlier
 * round are found by the install scripts of a later one.
 */
export function sideInstall({ name, what, folder, rounds }) {
  const detail = rounds.at(-1).at(-1);
  return {
    name,
    async run(report) {
      if (existsSync(folder)) return skipped(detail);
      try {
        await install(folder, rounds, report);
      } catch (error) {
        const advice = "Check the network and npm's registry setting.";
        throw new StepError(`${what} could not be installed. ${advice}`, error);
      }
      return detail;
    },
  };
}

async function install(folder, rounds, report) {
  const fresh = `${folder}.${process.pid}.new`;
  mkdirSync(fresh, { recursive: true });
  writeFileSync(join(fresh, "package.json"), '{ "private": true }');
  const path = [join(fresh, "node_modules", "node", "bin"), process.env.PATH].join(delimiter);
  const options = { cwd: fresh, env: { PATH: path }, onLine: report };
  try {
    for (const names of rounds) await run("npm", ["install", "--no-audit", "--no-fund", ...names], options);
    renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
