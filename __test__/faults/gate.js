/** A gate before a host: see `gate_main.js`. To the bridge it is the host. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { freePort } from "./free_port.js";

const MAIN = fileURLToPath(new URL("gate_main.js", import.meta.url));

export class Gate {
  #child;
  #lines;

  static async before(host) {
    const gate = new Gate();
    gate.name = host.name;
    gate.key = host.key;
    const port = await freePort();
    gate.url = `http://127.0.0.1:${port}`;
    const args = [MAIN, `${port}`, `${new URL(host.url).port}`];
    gate.#child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    gate.#lines = createInterface({ input: gate.#child.stdout });
    await once(gate.#lines, "line");
    return gate;
  }

  /** Spoils answers in this way from now on. */
  async spoil(how) {
    this.#child.stdin.write(`${how}\n`);
    await once(this.#lines, "line");
  }

  async close() {
    this.#child.stdin.end();
    await once(this.#child, "exit");
  }
}
