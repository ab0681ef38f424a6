/** The checks of the JavaScript half. */
import { torchEnvironment } from "../run/env.mjs";
import { daemon, inRoot } from "../run/paths.mjs";

const bin = (name, ...args) => [inRoot("node_modules", ".bin", name), args];

export const types = {
  name: "types",
  commands: () => [
    bin("tsc", "--noEmit"),
    bin("tsc", "--noEmit", "--project", "plugin/tsconfig.json"),
    bin("tsc", "--noEmit", "--project", "bin/tsconfig.json"),
  ],
};

export const prettier = { name: "prettier", commands: () => [bin("prettier", "--check", ".")] };

/** Against real daemons: those that the Rust tests just built. */
export const ava = {
  name: "ava",
  commands: () => [[...bin("ava"), { ...torchEnvironment(), GPU_SERVICE_BIN: daemon("debug") }]],
};
