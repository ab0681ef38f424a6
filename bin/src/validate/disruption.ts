/** How a host is stopped and started: by the user's commands, by the user, or not at all. */
import { UsageError } from "../failure.js";
import type { Context } from "../run.js";

/** Something that is done to a host. */
export interface Disruption {
  /** Does it, or asks for it. Rejects where a command fails. */
  start(): Promise<void>;
  /** How long its effect may take, in seconds: commands are quick, people are not. */
  seconds: number;
}

const COMMAND_SECONDS = 60;
const PERSON_SECONDS = 300;

/** `undefined` where there is neither a command nor anybody to ask. */
export function disruption(
  { shell, signal, stdin, stderr }: Context,
  command: string | undefined,
  request: string,
): Disruption | undefined {
  if (command !== undefined && shell) {
    const start = async () => {
      const { code, output } = await shell(command, signal);
      if (code !== 0) throw new UsageError(`"${command}" ended with ${code}: ${output.slice(-200)}`);
    };
    return { start, seconds: COMMAND_SECONDS };
  }
  if (!stdin.isTTY || !stderr.isTTY) return undefined;
  return { start: async () => void stderr.write(`\r\u001b[K${request}\n`), seconds: PERSON_SECONDS };
}
