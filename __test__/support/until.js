import { setImmediate } from "node:timers/promises";

/** Asks again and again until the answer is truthy. The test runner's timeout is the only clock. */
export async function until(probe) {
  for (;;) {
    const answer = await probe();
    if (answer) return answer;
    await setImmediate();
  }
}
