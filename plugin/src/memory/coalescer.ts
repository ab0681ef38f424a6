/**
 * Joins what is asked for at the same time into few large calls: what arrives while enough of them run goes together in
 * the next one. Nobody waits for a timer: the first to come are sent at once.
 */

/** Turns texts into vectors, one for each in order. */
export type EmbedTexts = (texts: string[], signal: AbortSignal) => Promise<number[][]>;

interface Job {
  texts: string[];
  signal: AbortSignal | undefined;
  resolve(vectors: number[][]): void;
  reject(error: unknown): void;
}

/**
 * As many as the files that a memory index works on at once. Each then goes on with its next chunks as soon as it has
 * its own; joined, they would all be done at the same moment, and the hosts would have to wait for what they bring next.
 */
const CALLS = 4;
/** So that one call's texts and vectors stay some megabytes. */
const TEXTS_A_CALL = 8_192;

export class Coalescer {
  readonly #embed: EmbedTexts;
  #waiting: Job[] = [];
  #calls = 0;

  constructor(embed: EmbedTexts) {
    this.#embed = embed;
  }

  /** Rejects with the reason where `signal` aborts, and with the call's error where it fails. */
  add(texts: string[], signal?: AbortSignal): Promise<number[][]> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ texts, signal, resolve, reject });
      queueMicrotask(() => this.#send());
    });
  }

  #send(): void {
    for (let free = CALLS - this.#calls; free > 0 && this.#waiting.length > 0; free -= 1)
      void this.#call(this.#take(Math.ceil(this.#waiting.length / free)));
  }

  /** The oldest jobs, `most` of them or as many as go into one call, and at least one. */
  #take(most: number): Job[] {
    let texts = 0;
    const end = this.#waiting.findIndex((job) => (texts += job.texts.length) > TEXTS_A_CALL);
    return this.#waiting.splice(0, Math.max(1, end < 0 ? most : Math.min(end, most)));
  }

  async #call(jobs: Job[]): Promise<void> {
    this.#calls += 1;
    try {
      await this.#together(jobs);
    } finally {
      this.#calls -= 1;
      this.#send();
    }
  }

  /** One job's bad text must not cost the others theirs: where a joint call fails, each is asked for on its own. */
  async #together(jobs: Job[]): Promise<void> {
    const abort = new AbortController();
    const leave = watch(jobs, abort);
    try {
      const vectors = await this.#embed(
        jobs.flatMap(({ texts }) => texts),
        abort.signal,
      );
      let start = 0;
      for (const { texts, resolve } of jobs) resolve(vectors.slice(start, (start += texts.length)));
    } catch (error) {
      if (jobs.length === 1 || abort.signal.aborted) for (const { reject } of jobs) reject(error);
      else await Promise.all(jobs.map((job) => this.#together([job])));
    } finally {
      leave();
    }
  }
}

/** Aborts the call once nobody waits for it any more; who leaves hears of it at once. Gives what ends the watch. */
function watch(jobs: Job[], abort: AbortController): () => void {
  let left = 0;
  const leavings = jobs.map(({ signal, reject }) => {
    const leave = () => {
      reject(signal?.reason);
      if ((left += 1) === jobs.length) abort.abort(signal?.reason);
    };
    if (signal?.aborted) leave();
    else signal?.addEventListener("abort", leave, { once: true });
    return () => signal?.removeEventListener("abort", leave);
  });
  return () => leavings.forEach((stop) => stop());
}
