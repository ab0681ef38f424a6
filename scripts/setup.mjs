/**
 * Makes a fresh checkout ready: `npm run setup`, or only for one command: `npm run setup -- service`. Safe to run at any time; every step that is done is skipped, and
 * one that was cut off goes on where it was. Needs nothing but Node, because it runs before `npm install`.
 */
import { runStep } from "./run/step.mjs";
import { bold, line } from "./run/terminal.mjs";
import { libtorch } from "./setup/libtorch.mjs";
import { model } from "./setup/model.mjs";
import { packages } from "./setup/packages.mjs";
import { tools } from "./setup/tools.mjs";
import { addon, daemon, plugin } from "./setup/builds.mjs";

/** What each command needs. The addon comes before the plugin, whose types name it. */
export const NEEDS = {
  start: [tools, packages, libtorch, model, addon, plugin, daemon],
  test: [tools, packages, libtorch, model, addon, plugin],
  service: [tools, libtorch, model, daemon],
  lint: [tools, packages, libtorch],
  addon: [tools, packages, addon],
  build: [tools, packages, libtorch, addon, plugin, daemon],
};

/** Runs the steps in order. Ends the process with 1 at the first that fails. */
export async function setUp(steps) {
  line(bold("Set-up"));
  try {
    for (const step of steps) await runStep(step);
  } catch {
    process.exit(1);
  }
}

if (import.meta.main ?? process.argv[1] === new URL(import.meta.url).pathname)
  await setUp(NEEDS[process.argv[2] ?? "start"]);
