/** The tools a checkout can't bring itself. Each one that is missing or too old gets a sentence that says how to get it. */
import { readFileSync } from "node:fs";
import { inRoot } from "../run/paths.mjs";
import { ask } from "../run/process.mjs";
import { StepError } from "../run/step.mjs";

const msrv = readFileSync(inRoot("Cargo.toml"), "utf8").match(/rust-version = "(.+?)"/)[1];

const TOOLS = [
  {
    name: "Node",
    version: () => process.versions.node,
    atLeast: "20.0",
    advice: "Install Node 20 or newer from your distribution, nvm or nodejs.org.",
  },
  {
    name: "Rust",
    version: () => number(ask("cargo", ["--version"])),
    atLeast: msrv,
    advice: `Install Rust ${msrv} or newer with rustup (rustup.rs), or run \`rustup update stable\`.`,
  },
  {
    name: "g++",
    version: () => number(ask(process.env.CXX || "c++", ["-dumpfullversion", "-dumpversion"])),
    atLeast: "9.0",
    advice:
      "Install a C++17 compiler: `apt install g++` on Debian and Ubuntu, `dnf install gcc-c++` on Fedora.",
  },
  {
    name: "Python",
    version: () => number(ask("python3", ["--version"])),
    atLeast: "3.9",
    advice: "Install Python 3.9 or newer: `apt install python3` on Debian and Ubuntu.",
  },
  {
    name: "pip",
    version: () => number(ask("python3", ["-m", "pip", "--version"])),
    atLeast: "20.3",
    advice:
      "Install pip for python3: `apt install python3-pip` on Debian and Ubuntu, or `python3 -m ensurepip`.",
  },
];

export const tools = {
  name: "tools",
  async run() {
    const found = TOOLS.map((tool) => ({ ...tool, found: tool.version() }));
    const missing = found.filter((tool) => !isAtLeast(tool.found, tool.atLeast));
    if (missing.length > 0) throw new StepError(missing.map(complaint).join("\n"));
    return found.map((tool) => `${tool.name} ${tool.found}`).join(", ");
  },
};

const number = (text) => text?.match(/\d+(\.\d+)+|\d+/)?.[0];

function complaint({ name, found, atLeast, advice }) {
  return `${name} is ${found ? `${found}, but ${atLeast} is the oldest that works` : "missing"}. ${advice}`;
}

/** Compares dotted versions number by number. */
export function isAtLeast(version, wanted) {
  if (!version) return false;
  const parts = version.split(".").map(Number);
  for (const [index, least] of wanted.split(".").map(Number).entries()) {
    const part = parts[index] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}
