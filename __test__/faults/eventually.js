/** Waits for something to be so, and leaves the processors to the hosts meanwhile. */
import { setTimeout as pause } from "node:timers/promises";

const BETWEEN_LOOKS = 10;

/** Asks until the answer is truthy. The test runner's timeout is the only clock. */
export async function eventually(probe) {
  for (;;) {
    const answer = await probe();
    if (answer) return answer;
    await pause(BETWEEN_LOOKS);
  }
}
