/**
 * Measures one load on one bridge: a number of callers, each of which asks again as soon as it is answered, for some
 * seconds. What is under way when time is up is waited for and counted, with the time it took.
 */
import type { EmbedRequest, GpuBridge } from "../../../index.js";
import { sentences } from "./sentences.js";

/** What is asked. */
export interface Load {
  /** Texts a call. */
  texts: number;
  /** Calls at a time. */
  callers: number;
}

/** What came of it. */
export interface Figures {
  calls: number;
  textsPerSecond: number;
  tokensPerSecond: number;
  /** Milliseconds a call took: the median, and what 19 of 20 stayed under. */
  p50: number;
  p95: number;
}

export interface Settings {
  seconds: number;
  /** Words a text. */
  words: number;
  model?: string | undefined;
  signal: AbortSignal;
  timeout: number;
}

export async function measure(
  bridge: GpuBridge,
  load: Load,
  settings: Settings,
  now: () => number = () => performance.now(),
): Promise<Figures> {
  await Promise.all(Array.from({ length: load.callers }, (_, caller) => ask(bridge, load, settings, caller)));
  const began = now();
  const times: number[] = [];
  let tokens = 0;
  let turns = 0;
  const caller = async () => {
    while (now() - began < settings.seconds * 1000) {
      const start = now();
      const read = await ask(bridge, load, settings, (turns += 1) + load.callers);
      tokens += read;
      times.push(now() - start);
    }
  };
  await Promise.all(Array.from({ length: load.callers }, caller));
  return figures(times, load.texts, tokens, (now() - began) / 1000);
}

/** Gives the tokens that were read. */
async function ask(bridge: GpuBridge, { texts }: Load, settings: Settings, turn: number): Promise<number> {
  const { words, model, signal, timeout } = settings;
  const request: EmbedRequest = { texts: sentences(texts, words, turn * texts), ...(model ? { model } : {}) };
  return (await bridge.embed(request, { signal, timeout })).usage.tokens;
}

export function figures(times: number[], texts: number, tokens: number, seconds: number): Figures {
  const sorted = times.toSorted((a, b) => a - b);
  return {
    calls: times.length,
    textsPerSecond: (times.length * texts) / seconds,
    tokensPerSecond: tokens / seconds,
    p50: quantile(sorted, 0.5),
    p95: quantile(sorted, 0.95),
  };
}

/** The smallest value that so large a share of all does not exceed. */
function quantile(sorted: number[], share: number): number {
  return sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)] ?? 0;
}
