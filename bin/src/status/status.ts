/** `gpu-bridge status`: every host in a row, once or again and again. */
import { setTimeout as sleep } from "node:timers/promises";
import { GpuBridgeError, type GpuBridge } from "../../../index.js";
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
/** What a survey ends with where the names of the config have no hosts. */
const NOBODY: ReadonlySet<string> = new Set(["dns_failed", "timeout"]);
const HOME_AND_CLEAR = "\u001b[H\u001b[J";

export async function status(context: Context, flags: StatusFlags): Promise<number> {
  const interval = flags.watch === true ? DEFAULT_SECONDS : seconds("--watch", flags.watch);
  const bridge = context.open(await context.config());
  if (interval !== undefined) return watch(context, bridge, flags, interval);
  const seen = await look(bridge, context.signal);
  await writeOut(context.stdout, show(seen, flags, context.stdout), context.signal);
  return exitCode(seen.reports);
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
      const seen = await look(bridge, signal);
      code = exitCode(seen.reports);
      await writeOut(stdout, heading() + show(seen, flags, stdout), signal);
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

/** The hosts, and why there are none. */
interface Seen {
  reports: HostReport[];
  detail?: string;
}

/** That no host can be found in DNS is an answer too, after which a watch looks again. */
async function look(bridge: GpuBridge, signal: AbortSignal): Promise<Seen> {
  try {
    return { reports: await survey(bridge, { signal }) };
  } catch (error) {
    if (!(error instanceof GpuBridgeError) || !NOBODY.has(error.code)) throw error;
    return { reports: [], detail: error.message };
  }
}

const show = ({ reports, detail }: Seen, { json }: StatusFlags, { columns }: Output) =>
  json
    ? asJson({ date: now(), detail }, reports)
    : asTable(reports, columns) + (detail === undefined ? "" : `\n${detail}\n`);

export function exitCode(reports: HostReport[]): number {
  const serving = reports.filter(({ serves }) => serves).length;
  if (serving === 0) return EXIT.none;
  return serving === reports.length ? EXIT.done : EXIT.failed;
}
