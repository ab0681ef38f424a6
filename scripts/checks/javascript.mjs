/** The checks of the JavaScript half. */
import { torchEnvironment } from "../run/env.mjs";
import { daemon } from "../run/paths.mjs";
import { tool } from "../run/tool.mjs";

export const types = {
  name: "types",
  commands: () => [
    tool("tsc", "--noEmit"),
    tool("tsc", "--noEmit", "--project", "plugin/tsconfig.json"),
    tool("tsc", "--noEmit", "--project", "bin/tsconfig.json"),
  ],
};

export const prettier = { name: "prettier", commands: () => [tool("prettier", "--check", ".")] };

/** Against real daemons: those that the Rust tests just built. */
export const ava = {
  name: "ava",
  commands: () => [[...tool("ava"), { ...torchEnvironment(), GPU_SERVICE_BIN: daemon("debug") }]],
};
