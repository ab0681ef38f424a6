/** The checks of the Rust half. All of them share one set of artefacts: the same profile, packages and features. */
import { torchEnvironment } from "../run/env.mjs";
import { ask } from "../run/process.mjs";

const cargo = (...args) => ["cargo", args, torchEnvironment()];
const hasNextest = () => ask("cargo", ["nextest", "--version"]) !== undefined;

export const format = { name: "rustfmt", commands: () => [cargo("fmt", "--all", "--check")] };

export const clippy = {
  name: "clippy",
  commands: () => [cargo("clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings")],
};

/** nextest where it is installed; it also builds `target/debug/gpu-service`, which the JavaScript tests start. */
export const tests = {
  name: "rust tests",
  commands: () => [
    hasNextest()
      ? cargo("nextest", "run", "--workspace", "--locked", "--no-fail-fast")
      : cargo("test", "--workspace", "--locked", "--no-fail-fast", "--lib", "--bins", "--tests"),
  ],
};

export const docTests = {
  name: "doc tests",
  commands: () => [cargo("test", "--workspace", "--locked", "--doc", "--quiet")],
};
