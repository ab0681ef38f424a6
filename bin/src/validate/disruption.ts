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

/** Runs a command that is owed whatever has happened, Ctrl-C too: a host must not stay stopped for a broken check. */
export async function runOwed({ shell, stderr }: Context, command: string): Promise<void> {
  const failed = (error: Error) => ({ code: null, output: error.message });
  const ended = await shell?.(command, AbortSignal.timeout(COMMAND_SECONDS * 1000)).catch(failed);
  if (ended && ended.code !== 0)
    stderr.write(`"${command}" ended with ${ended.code}: ${ended.output.slice(-200)}\n`);
}
