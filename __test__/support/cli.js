/** Runs the compiled `gpu-bridge` in a process of its own, away from the user's own config. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { configOf } from "./gpu_service.js";
import { removeFolder, temporaryFolder } from "./temporary.js";

export const BIN = fileURLToPath(new URL("../../dist/bin/gpu-bridge.js", import.meta.url));

const running = new Set();
process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** A folder for the files of a test, with the config of these hosts. */
export function workFolder(hosts = []) {
  const folder = temporaryFolder("cli-");
  const path = (name) => join(folder, name);
  const write = (name, content) => {
    writeFileSync(path(name), content);
    return path(name);
  };
  const config = write("config.json", JSON.stringify(configOf(hosts)));
  const remove = () => removeFolder(folder);
  return { folder, config, path, write, remove };
}

/** Starts the command, `through` another one that becomes it. `ended` resolves to how it ended. */
export function startCli(args, { env = {}, input, home = tmpdir(), stdin, stdout, through = [] } = {}) {
  const [command, ...words] = [...through, process.execPath, BIN, ...args];
  const child = spawn(command, words, {
    env: { ...cleanEnvironment(), OPENCLAW_HOME: home, ...env },
    stdio: [stdin ?? "pipe", stdout ?? "pipe", "pipe"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  child.stdin?.on("error", () => {});
  if (input !== undefined) child.stdin.end(input);
  const ended = Promise.all([
    child.stdout && text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]).then(([stdout, stderr, [code, signal]]) => ({ stdout, stderr, code, signal }));
  return { child, ended };
}

/** Runs the command to its end, with nothing or `input` on its standard input. */
export function runCli(args, options = {}) {
  return startCli(args, { input: "", ...options }).ended;
}

/** Whether there is a way to give a command a terminal. */
export const hasTerminal = process.platform === "linux" && spawnSync("script", ["--version"]).status === 0;

/** Starts the command on a terminal of its own; what is written to `child.stdin` is what a user types. */
export function inTerminal(args) {
  const quoted = [process.execPath, BIN, ...args].map((word) => `'${word}'`).join(" ");
  const env = { ...cleanEnvironment(), TERM: "xterm" };
  const child = spawn("script", ["-qefc", quoted, "/dev/null"], { env });
  running.add(child);
  child.once("exit", () => running.delete(child));
  const ended = Promise.all([text(child.stdout), once(child, "exit")]);
  return { child, ended: ended.then(([shown, [code]]) => ({ shown, code })) };
}

function cleanEnvironment() {
  const { OPENCLAW_CONFIG_PATH, OPENCLAW_STATE_DIR, GPU_BRIDGE_API_KEY, ...rest } = process.env;
  return rest;
}
