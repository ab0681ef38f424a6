/**
 * A Node process of its own that answers one question at a time: what is measured shares neither the heap nor the
 * event loop with its rivals, nor with the servers it talks to.
 */
import { fork } from "node:child_process";
import { once } from "node:events";

export class Child {
  #process;

  /** Starts the script and waits for its first message, which is returned beside the child. */
  static async start(url, ...args) {
    const child = new Child();
    child.#process = fork(url, args);
    return { child, ready: await child.#answer() };
  }

  /** Asks the script, see {@link answering}. */
  async ask(question) {
    const answer = this.#answer();
    this.#process.send(question);
    return answer;
  }

  stop() {
    this.#process.kill();
  }

  async #answer() {
    const stop = new AbortController();
    const heard = (event) => once(this.#process, event, { signal: stop.signal });
    const gone = heard("exit").then(([code, signal]) => {
      throw new Error(`A process of the benchmark ended (${signal ?? `code ${code}`}); its words are above.`);
    });
    try {
      return (await Promise.race([heard("message"), gone]))[0];
    } finally {
      gone.catch(() => {});
      stop.abort();
    }
  }
}

/** The script's side: says that it is ready, and answers every question. Ends with its parent. */
export function answering(ready, answer) {
  process.on("message", async (question) => process.send((await answer(question)) ?? null));
  process.on("disconnect", () => process.exit());
  process.send(ready);
}
