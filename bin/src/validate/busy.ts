/** Keeps a host busy with real work: a few callers that ask for more than it does in a moment, again and again. */
import { sentences } from "../bench/sentences.js";
import type { NamedHost } from "../config/hosts.js";
import { bridgeOver, requestFor, type Trial } from "./trial.js";

const CALLERS = 4;
const MOST_TEXTS = 256;
const WORDS = 60;

/** Runs `work` while the host is busy. Its calls are aborted afterwards, which frees the host. */
export async function whileBusy<T>(trial: Trial, host: NamedHost, work: () => Promise<T>): Promise<T> {
  const bridge = bridgeOver(trial, [host]);
  const done = new AbortController();
  const signal = AbortSignal.any([done.signal, trial.context.signal]);
  const options = { ...trial.context.longCall(trial.config), signal };
  const texts = Math.min(MOST_TEXTS, trial.config.limits?.maxBatchSize ?? MOST_TEXTS);
  const caller = async (number: number) => {
    for (let turn = 0; !signal.aborted; turn += 1)
      await bridge.embed(
        requestFor(trial, sentences(texts, WORDS, (turn * CALLERS + number) * texts)),
        options,
      );
  };
  const load = Promise.all(Array.from({ length: CALLERS }, (_, number) => caller(number)));
  try {
    return await Promise.race([work(), load.then(() => Promise.reject(new Error("The load ended early.")))]);
  } finally {
    done.abort();
    await load.catch(() => {});
    await bridge.close();
  }
}
