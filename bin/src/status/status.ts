/** `gpu-bridge status`: every host in a row, once or again and again. */
import { setTimeout as sleep } from "node:timers/promises";
import type { GpuBridge } from "../../../index.js";
import { EXIT } from "../exit.js";
import { seconds } from "../input/numbers.js";
import type { Context } from "../run.js";
import type { Output } from "../source.js";
import { now } from "../terminal/now.js";
import { writeOut } from "../terminal/write_out.js";
import { onKey } from "./keys.js";
import { asJson, asTable } from "./show.js";
import { survey, type HostReport } from "./survey.js";

export interface StatusFlags {
  watch?: string | true;
  json?: boolean;
}

const DEFAULT_SECONDS = 2;
const HOME_AND_CLEAR = "\u001b[H\u001b[J";

export async function status(context: Context, flags: StatusFlags): Promise<number> {
  const interval = flags.watch === true ? DEFAULT_SECONDS : seconds("--watch", flags.watch);
  const bridge = context.open(await context.config());
  if (interval !== undefined) return watch(context, bridge, flags, interval);
  const reports = await survey(bridge, { signal: context.signal });
  await writeOut(context.stdout, show(reports, flags, context.stdout), context.signal);
  return exitCode(reports);
}

/** Until Ctrl-C or q; the exit code is that of the last look. */
async function watch(
  context: Context,
  bridge: GpuBridge,
  flags: StatusFlags,
  interval: number,
): Promise<number> {
  const { stdout } = context;
  const quit = new AbortController();
  const signal = AbortSignal.any([context.signal, quit.signal]);
  const release = onKey(context.stdin, ["q", "Q", "\u0003"], () => quit.abort());
  const heading = flags.json ? () => "" : () => headingOf(stdout, interval);
  let code: number = EXIT.none;
  try {
    for (;;) {
      const reports = await survey(bridge, { signal });
      code = exitCode(reports);
      await writeOut(stdout, heading() + show(reports, flags, stdout), signal);
      await sleep(interval * 1000, undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    return code;
  } finally {
    release();
  }
}

/** On a terminal each table takes the place of the one before; in a pipe they follow each other. */
function headingOf({ isTTY }: Output, interval: number): string {
  return isTTY ? `${HOME_AND_CLEAR}${now()}, every ${interval} s; q ends it\n\n` : `${now()}\n`;
}

const show = (reports: HostReport[], { json }: StatusFlags, { columns }: Output) =>
  json ? asJson(reports, now()) : asTable(reports, columns);

export function exitCode(reports: HostReport[]): number {
  const serving = reports.filter(({ serves }) => serves).length;
  if (serving === 0) return EXIT.none;
  return serving === reports.length ? EXIT.done : EXIT.failed;
}
