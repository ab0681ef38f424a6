/** Asks again and again, for so many seconds at most. */
import { setTimeout as sleep } from "node:timers/promises";

const PAUSE_MS = 100;

/** The first answer that is not `undefined`; `undefined` when time is up. */
export async function poll<T>(
  seconds: number,
  signal: AbortSignal,
  probe: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined || performance.now() >= end) return answer;
    await sleep(PAUSE_MS, undefined, { signal });
  }
}
