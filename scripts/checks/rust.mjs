/** The checks of the Rust half. All of them share one set of artefacts: the same profile, packages and features. */
import { join } from "node:path";
import { torchEnvironment } from "../run/env.mjs";
import { target } from "../run/paths.mjs";
import { ask } from "../run/process.mjs";

const cargo = (...args) => ["cargo", args, torchEnvironment()];
const hasNextest = () => ask("cargo", ["nextest", "--version"]) !== undefined;

export const format = { name: "rustfmt", commands: () => [cargo("fmt", "--all", "--check")] };

export const clippy = {
  name: "clippy",
  commands: () => [cargo("clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings")],
};

/** The parity table, which a test of the encoder leaves behind: runners hide what a test that passes prints. */
const parityTable = ["cat", [join(target, "tmp", "parity.md")]];

/** nextest where it is installed; it also builds `target/debug/gpu-service`, which the JavaScript tests start. */
export const tests = {
  name: "rust tests",
  commands: () => [
    hasNextest()
      ? cargo("nextest", "run", "--workspace", "--locked", "--no-fail-fast")
      : cargo("test", "--workspace", "--locked", "--no-fail-fast", "--lib", "--bins", "--tests"),
    parityTable,
  ],
};

export const docTests = {
  name: "doc tests",
  commands: () => [cargo("test", "--workspace", "--locked", "--doc", "--quiet")],
};
