/** The Rust client that nothing of ours is in: `crates/bridge/examples/bare_client.rs`. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { target } from "../../scripts/run/paths.mjs";

export class BareClient {
  #child;
  #lines;

  constructor(url) {
    const binary = join(target, "release", "examples", "bare_client");
    this.#child = spawn(binary, [url], { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** The median of so many requests, one after the other, in milliseconds. */
  async p50(requests) {
    this.#child.stdin.write(`${requests}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("The bare client ended; its words are above.");
    return Number(value);
  }

  stop() {
    this.#child.kill();
  }
}
