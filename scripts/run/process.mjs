/**
 * Child processes of the scripts: one place that runs a command, keeps what it printed and says what went wrong.
 * Never decides what a failure means; a `CommandError` carries the words for whoever does.
 */
import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";

/** A command that could not be started or ended with something other than 0. */
export class CommandError extends Error {
  constructor(command, reason, output) {
    super(`\`${command}\` ${reason}.`);
    this.name = "CommandError";
    this.output = output;
  }

  /** What names the cause: the end of what the command printed, and where that is long its beginning too. */
  excerpt() {
    if (this.output.length <= 50) return this.output.join("\n");
    const left = `… ${this.output.length - 50} lines left out …`;
    return [...this.output.slice(0, 12), left, ...this.output.slice(-38)].join("\n");
  }
}

/**
 * Runs a command to its end and gives the lines it printed (stdout and stderr in order of arrival).
 * `onLine` sees each line as it comes. Throws `CommandError`.
 */
export async function run(command, args, { cwd, env, onLine = () => {} } = {}) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream, crlfDelay: Infinity }).on("line", (line) => {
      output.push(line);
      onLine(line);
    });
  }
  const reason = await ended(child);
  if (reason) throw new CommandError([command, ...args].join(" "), reason, output);
  return output;
}

/** First line of what a quick command prints, or undefined when it fails or is not installed. */
export function ask(command, args) {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8", timeout: 30_000 });
  return status === 0 ? stdout.trim() : undefined;
}

function ended(child) {
  return new Promise((resolve) => {
    child.on("error", (error) => resolve(`could not be started (${error.code ?? error.message})`));
    child.on("close", (code, signal) => {
      if (code === 0) resolve(undefined);
      else resolve(signal ? `was stopped by ${signal}` : `ended with exit code ${code}`);
    });
  });
}
