/**
 * One gpu-service process on a free loopback port, with a key of its own. It writes its log to a file, so that it can
 * outlive the demonstration, and so that a failure has something to show.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { torchEnvironment } from "../scripts/run/env.mjs";
import { daemon, inCache } from "../scripts/run/paths.mjs";

const READY = /gpu-service ready on (http:\/\/\S+) \((.+)\)/;
const READY_WITHIN_MS = 60_000;

export class GpuHost {
  #child;

  constructor(name, { model }) {
    this.name = name;
    this.model = model;
    this.apiKey = randomBytes(16).toString("hex");
    this.log = inCache("demo", `${name}.log`);
    this.port = 0;
  }

  get pid() {
    return this.#child?.pid;
  }

  /** As the plugin's config wants a host. */
  get config() {
    return { name: this.name, url: this.url, apiKey: this.apiKey };
  }

  /** Starts the process and waits for its ready line. A host that was killed comes back on its port, with its key. */
  async start({ keep = false } = {}) {
    mkdirSync(dirname(this.log), { recursive: true });
    const log = openSync(this.log, "w");
    this.#child = spawn(daemon(), [], {
      env: this.#environment(),
      stdio: ["ignore", log, log],
      detached: keep,
    });
    closeSync(log);
    const [, url, description] = await this.#ready();
    this.url = url;
    this.port = new URL(url).port;
    this.description = description;
    if (keep) this.#child.unref();
  }

  /** Ends the process as a crash or a power cut would, in the middle of whatever it does. */
  async kill() {
    await this.#end("SIGKILL");
  }

  /** Lets the process finish its work and end. */
  async stop() {
    await this.#end("SIGTERM");
  }

  get running() {
    return this.#child?.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The last lines of the log. */
  logTail(lines = 15) {
    return readFileSync(this.log, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  }

  #environment() {
    return {
      ...process.env,
      ...torchEnvironment(),
      HOST: "127.0.0.1",
      PORT: String(this.port),
      API_KEY: this.apiKey,
      MODEL_EMBED: this.model,
      MODEL_BERTSCORE: this.model,
      HF_HUB_OFFLINE: "1",
      NO_COLOR: "1",
    };
  }

  async #ready() {
    const deadline = performance.now() + READY_WITHIN_MS;
    while (performance.now() < deadline && this.running) {
      const match = readFileSync(this.log, "utf8").match(READY);
      if (match) return match;
      await sleep(20);
    }
    const reason = this.running
      ? `was not ready within ${READY_WITHIN_MS / 1000} s`
      : "ended while it started";
    throw new Error(`${this.name} ${reason}. Its log, ${this.log}, ends with:\n${this.logTail()}`);
  }

  #end(signal) {
    if (!this.running) return Promise.resolve();
    return new Promise((resolve) => {
      this.#child.once("exit", resolve);
      this.#child.kill(signal);
    });
  }
}
