/**
 * A host that faults happen to: a real gpu-service that keeps its port, its keys and its models over its deaths. The
 * model is small and made here, so that a start takes a second and a call milliseconds.
 */
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readGolden, writeModel } from "../support/cross_encoder.js";
import { startHost } from "../support/gpu_service.js";
import { freePort } from "./free_port.js";
import { removeFolder, temporaryFolder } from "../support/temporary.js";

export const MODEL = "tiny/encoder";
const golden = readGolden("bert");
const TASKS = { MODEL_EMBED: MODEL, MODEL_BERTSCORE: MODEL, MODEL_RERANK: MODEL };

export class Host {
  #folder = temporaryFolder("host-");
  #model = writeModel(golden, MODEL);
  #process;
  #more;

  /** `more` goes to `startHost`, such as a command to start it through. */
  constructor(name, more = {}) {
    this.name = name;
    this.key = `key-of-${name}`;
    this.#more = more;
    this.setKey(this.key);
  }

  /** Starts it, always on the same port. */
  async start() {
    this.port ??= await freePort();
    const own = { PORT: `${this.port}`, API_KEYS_FILE: this.#keyFile, GPU_MODEL_PATH: this.#model.folder };
    const env = { ...TASKS, OMP_NUM_THREADS: "1", ...own, ...this.#more.env };
    this.#process = await startHost({ ...this.#more, env });
    this.url ??= this.#process.url;
  }

  get pid() {
    return this.#process.pid;
  }

  /** Signals it, without waiting for anything. */
  signal(name) {
    this.#process.signal(name);
  }

  /** Ends it. The answer is its exit code; a signal that kills it has none. */
  end(signal = "SIGKILL") {
    return this.#process.stop(signal);
  }

  /** The only key it takes from now on. */
  setKey(key) {
    writeFileSync(this.#keyFile, `bridge:${key}\n`);
  }

  /** Takes the model's files away, and puts them back. */
  hideModel() {
    renameSync(join(this.#model.folder, MODEL), this.#hidden);
  }
  showModel() {
    renameSync(this.#hidden, join(this.#model.folder, MODEL));
  }

  /** Ends it for good. */
  async remove() {
    await this.end();
    this.#model.remove();
    removeFolder(this.#folder);
  }

  get #keyFile() {
    return join(this.#folder, "keys");
  }
  get #hidden() {
    return join(this.#folder, "hidden-model");
  }
}
