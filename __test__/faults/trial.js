/**
 * One fault: it comes under load, shows in `hosts()`, is taken back, and the pool recovers by itself. Whatever the
 * fault, no call may fail, no answer may be wrong, nothing may be left in flight and nothing may leak. Waits end when
 * the bridge says that something has happened; times are measured and never judged.
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { GpuBridge } from "../../index.js";
import { eventually } from "./eventually.js";
import { Load } from "./load.js";

/** No fault may make a call wait this long, in seconds: it would end as a failure. */
const CONFIG = { timeout: 60, healthCheckIntervalSeconds: 1 };
const WELL = { health: /^healthy$/, breaker: /^closed$/, lastError: /^$/ };

/**
 * Makes a fault happen to the first of the hosts, and measures what it did. A fault says how it comes (`inject`), how it
 * shows in `hosts()` (`shows`), what else is so while it lasts (`expect`) and how it goes (`restore`); an `early` one is
 * there before the bridge is.
 */
export async function trial(fault, { hosts, expected }) {
  const before = resources();
  const victims = hosts.slice(0, fault.victims ?? 1);
  if (fault.early) await fault.inject({ hosts, victims });
  const bridge = open(hosts);
  const load = new Load(bridge, expected);
  const measured = await new Trial({ fault, hosts, victims, bridge, load }).run().finally(async () => {
    await load.stop();
    await bridge.close();
  });
  assert.deepEqual(resources(), before, "threads and descriptors are as many as before");
  return measured;
}

/** A bridge over these hosts. */
export function open(hosts) {
  const entries = hosts.map(({ url, name, key }) => ({ url, name, apiKey: key }));
  return new GpuBridge({ hosts: entries, ...CONFIG });
}

class Trial {
  constructor({ fault, hosts, victims, bridge, load }) {
    Object.assign(this, { fault, hosts, victims, bridge, load });
    this.others = hosts.filter((host) => !victims.includes(host));
  }

  async run() {
    if (!this.fault.early) await this.calm();
    const begun = performance.now();
    if (!this.fault.early) await this.fault.inject(this);
    const said = await this.out();
    const outAfter = performance.now() - begun;
    await this.fault.expect?.(this);
    await this.progress();
    const restored = performance.now();
    await this.fault.restore?.(this);
    await this.back();
    const backAfter = performance.now() - restored;
    await this.progress();
    await this.end();
    return { ...this.counts(begun), said, outAfter, backAfter, memory: process.memoryUsage.rss() };
  }

  /** What the bridge says of a host. */
  look(host) {
    return this.bridge.hosts().find(({ name }) => name === host.name);
  }

  /** Until calls of every kind have been made from now on. */
  progress() {
    const now = performance.now();
    return eventually(() => this.load.hasMovedSince(now));
  }

  /** Until all hosts are well and work. */
  async calm() {
    for (const host of this.hosts) await this.works(host);
  }

  /** Until a host is well and has served a call from now on. */
  async works(host) {
    const served = ({ requests, failures, inFlight }) => requests - failures - inFlight;
    const before = served(this.look(host));
    await eventually(() => shows(this.look(host), WELL) && served(this.look(host)) > before);
  }

  /** Until the fault shows. The answer is what the bridge says then. */
  async out() {
    if (!this.fault.shows) return undefined;
    return eventually(() => {
      const seen = this.victims.map((host) => this.look(host));
      return seen.every((snapshot) => shows(snapshot, this.fault.shows)) && seen[0];
    });
  }

  async back() {
    for (const host of this.victims) await this.works(host);
  }

  /** Until the last call has ended. */
  async end() {
    await this.load.stop();
    for (const host of this.bridge.hosts())
      assert.equal(host.inFlight, 0, `${host.name} has nothing in flight`);
    for (const host of this.others) assert.equal(this.look(host).failures, 0, `${host.name} never failed`);
    await eventually(async () =>
      (await this.bridge.status()).hosts.every((host) => host.queue?.in_flight === 0),
    );
  }

  counts(begun) {
    const { calls, failed } = this.load;
    const during = calls.filter(({ ended }) => ended >= begun).map((call) => call.ended - call.begun);
    const sum = (field) => this.bridge.hosts().reduce((sum, host) => sum + host[field], 0);
    return {
      calls: calls.length,
      failed: failed.map(({ kind, failure }) => `${kind}: ${failure}`),
      retries: sum("retries"),
      hedges: sum("hedges"),
      longest: Math.max(...during),
    };
  }
}

function shows(snapshot, wanted) {
  return Object.entries(wanted).every(([field, pattern]) => pattern.test(snapshot[field] ?? ""));
}

/** What a bridge must give back. */
function resources() {
  const count = (folder) => (process.platform === "linux" ? readdirSync(`/proc/self/${folder}`).length : 0);
  return { threads: count("task"), descriptors: count("fd") };
}
