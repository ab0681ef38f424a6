/** `gpu-bridge bench`: what each host does alone, and what all of them do together. */
import type { GpuBridgeConfig } from "../../../index.js";
import { hostsOf, withHosts } from "../config/hosts.js";
import { EXIT } from "../exit.js";
import { UsageError } from "../failure.js";
import { seconds, wholeNumber } from "../input/numbers.js";
import type { Context } from "../run.js";
import { count, rate } from "../terminal/numbers.js";
import { note } from "../terminal/note.js";
import { table } from "../terminal/table.js";
import { writeOut } from "../terminal/write_out.js";
import { measure, type Figures, type Load } from "./measure.js";

export interface BenchFlags {
  sizes: string;
  callers: string;
  seconds: string;
  words: string;
  model?: string;
  json?: boolean;
}

type Row = { hosts: string } & Load & Figures;

export async function bench(context: Context, flags: BenchFlags): Promise<number> {
  const loads = loadsOf(flags);
  const config = await context.config();
  const timeout = context.longCall(config).timeout as number;
  const settings = {
    seconds: seconds("--seconds", flags.seconds) as number,
    words: wholeNumber("--words", flags.words) as number,
    model: flags.model,
    signal: context.signal,
    timeout,
  };
  const rows: Row[] = [];
  await context.open(config).close(); // which is how a config is checked
  for (const { hosts, target } of targetsOf(config)) {
    const bridge = context.open(target);
    for (const load of loads) {
      note(context.stderr, `${hosts}: ${load.texts} texts a call, ${load.callers} at a time`);
      rows.push({ hosts, ...load, ...(await measure(bridge, load, settings)) });
    }
    await bridge.close();
  }
  note(context.stderr, "");
  await writeOut(
    context.stdout,
    flags.json ? JSON.stringify({ rows }) + "\n" : asTable(rows),
    context.signal,
  );
  return EXIT.done;
}

/** Each host, and where there are several, all. What callers are allowed is no matter of how fast the hosts are. */
function targetsOf({ limits: _, ...config }: GpuBridgeConfig): { hosts: string; target: GpuBridgeConfig }[] {
  const hosts = hostsOf(config);
  const alone = hosts.map((host) => ({ hosts: host.name, target: withHosts(config, [host]) }));
  return hosts.length === 1 ? alone : [...alone, { hosts: "all", target: config }];
}

/** Every size with every number of callers. */
function loadsOf({ sizes, callers }: BenchFlags): Load[] {
  return list("--sizes", sizes).flatMap((texts) =>
    list("--callers", callers).map((callers) => ({ texts, callers })),
  );
}

function list(flag: string, text: string): number[] {
  const numbers = text.split(",").map((part) => wholeNumber(flag, part) as number);
  if (new Set(numbers).size === numbers.length) return numbers;
  throw new UsageError(`${flag} is "${text}"; it names a number twice.`);
}

function asTable(rows: Row[]): string {
  const header = ["HOST", "TEXTS", "CALLERS", "CALLS", "TEXTS/S", "TOKENS/S", "P50 MS", "P95 MS"];
  return table(
    header,
    rows.map(({ hosts, texts, callers, calls, textsPerSecond, tokensPerSecond, p50, p95 }) => [
      hosts,
      ...[texts, callers, calls].map(count),
      ...[textsPerSecond, tokensPerSecond].map(rate),
      p50.toFixed(1),
      p95.toFixed(1),
    ]),
  );
}
