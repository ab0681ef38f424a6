/** Runs a piece of JavaScript in a process of its own, and tells how it ended. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

const PRELUDE = `import { GpuBridge } from ${JSON.stringify(new URL("../../index.js", import.meta.url).href)};`;

/** Runs Node with these arguments, and tells how it ended and what it printed, to the letter. */
export async function runNode(args, env = {}) {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  process.once("exit", () => child.kill("SIGKILL"));
  const [output, errors, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]);
  return { code, signal, output, errors };
}

/** `config` is at hand in the script, and `env` beside this process's own environment. A script that doesn't end by itself runs into the test runner's timeout. */
export async function runScript(config, source, { flags = [], env = {} } = {}) {
  const script = `${PRELUDE}\nconst config = ${JSON.stringify(config)};\n${source}`;
  const args = [...flags, "--input-type=module", "--eval", script];
  const { output, errors, ...ended } = await runNode(args, env);
  return { ...ended, output: output.trim(), errors: errors.trim() };
}
