/**
 * A device that does one job after the other. Its clock runs on while a timer is late: a job begins when the one
 * before it should have ended, so that what is lost is lost by those who bring work too late, never by timers.
 */
export class Device {
  #speed;
  #later;
  #line = [];
  #free = 0;

  /** @param {number} speed tokens a second */
  constructor(speed) {
    this.#speed = speed;
  }

  /** Has another speed from a later moment on, also for what it is doing then; 0 seconds are now. */
  change(speed, inSeconds) {
    if (this.#later && this.#later.at <= now()) this.#speed = this.#later.speed;
    this.#later = { speed, at: now() + inSeconds };
  }

  /** Queues a job. The answer takes it out again, unless it has begun. */
  enter(tokens, done) {
    const job = { tokens, done };
    this.#line.push(job);
    if (this.#line.length === 1) this.#begin(now());
    return () => this.#leave(job);
  }

  queue() {
    const behind = this.#line.slice(1);
    return { waiting: this.#line.length, tokens: behind.reduce((sum, job) => sum + job.tokens, 0) };
  }

  #begin(at) {
    this.#free = this.#end(at, this.#line[0].tokens);
    setTimeout(() => this.#finish(), Math.max(1000 * (this.#free - now()), 0));
  }

  #finish() {
    this.#line.shift().done();
    if (this.#line.length > 0) this.#begin(this.#free);
  }

  #leave(job) {
    const at = this.#line.indexOf(job);
    if (at > 0) this.#line.splice(at, 1);
  }

  /** When so many tokens are done that are begun at this moment. */
  #end(at, tokens) {
    const later = this.#later ?? { speed: this.#speed, at: Infinity };
    const before = Math.max(later.at - at, 0) * this.#speed;
    if (tokens <= before) return at + tokens / this.#speed;
    return Math.max(later.at, at) + (tokens - before) / later.speed;
  }
}

/** Seconds. */
const now = () => performance.now() / 1000;
