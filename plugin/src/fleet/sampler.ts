/** How fast each host has been of late: a number every few seconds, for as long as a glance at a chart reaches back. */
import type { HostSnapshot } from "../../../index.js";

const KEPT = 120;

export class Sampler {
  /** Between two samples. */
  static readonly SECONDS = 5;

  readonly #samples = new Map<string, number[]>();

  /** Takes one sample of each host, and forgets hosts that are gone. */
  take(hosts: HostSnapshot[]): void {
    const names = new Set(hosts.map(({ name }) => name));
    for (const name of this.#samples.keys()) if (!names.has(name)) this.#samples.delete(name);
    for (const host of hosts) this.#add(host);
  }

  /** The samples of a host, oldest first. */
  of(name: string): number[] {
    return [...(this.#samples.get(name) ?? [])];
  }

  #add({ name, tokensPerSecond }: HostSnapshot): void {
    const samples = this.#samples.get(name) ?? [];
    samples.push(Math.round(tokensPerSecond ?? 0));
    this.#samples.set(name, samples.slice(-KEPT));
  }
}
