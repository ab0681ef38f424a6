/**
 * Which hosts are out, since when and why, from one look at the pool after the other. Pure: the clock is an argument.
 */
import type { HostSnapshot } from "../../index.js";

/** Hosts that are given no work until they are well again. One that is parked or drains has only asked for a pause. */
const OUT: ReadonlySet<string> = new Set(["unhealthy", "unauthorized"]);

export class OutageRecord {
  readonly #since = new Map<string, Date>();

  /** One sentence on the hosts that are out, or `undefined` where none is. */
  look(hosts: HostSnapshot[], now: Date): string | undefined {
    const out = hosts.filter(({ health }) => OUT.has(health));
    this.#remember(out, now);
    if (out.length === 0) return undefined;
    const reasons = out.map((host) => this.#reason(host)).join("; ");
    return `${out.length} of ${hosts.length} GPU hosts ${out.length === 1 ? "is" : "are"} out: ${reasons}`;
  }

  #remember(out: HostSnapshot[], now: Date): void {
    const names = new Set(out.map(({ name }) => name));
    for (const name of this.#since.keys()) if (!names.has(name)) this.#since.delete(name);
    for (const name of names) if (!this.#since.has(name)) this.#since.set(name, now);
  }

  #reason({ name, health, lastError }: HostSnapshot): string {
    const since = this.#since.get(name)?.toISOString().slice(0, 19);
    return `${name} is ${health} since ${since}Z${lastError ? ` (${lastError})` : ""}`;
  }
}
