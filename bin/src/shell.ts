/** Runs a command line of the user's. In a file of its own: only `gpu-bridge` itself starts processes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Shell } from "./source.js";

/** What a command that has ended may still have to say. What it leaves running keeps its pipes, and is not waited for. */
const LAST_WORDS_MS = 200;

export const shell: Shell = async (command, signal) => {
  const child = spawn(command, { shell: true, signal, stdio: ["ignore", "pipe", "pipe"] });
  const pipes = [child.stdout, child.stderr];
  let output = "";
  for (const pipe of pipes) pipe.on("data", (data: Buffer) => (output += data.toString()));
  const closed = once(child, "close").catch(() => {});
  try {
    const [code] = (await once(child, "exit")) as [number | null];
    await Promise.race([closed, sleep(LAST_WORDS_MS)]);
    return { code, output: output.trim() };
  } finally {
    for (const pipe of pipes) pipe.destroy();
  }
};
