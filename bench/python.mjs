/**
 * The Python references as child processes, each in a virtual environment of its own in the cache: bert-score needs
 * another generation of transformers than sentence-transformers. `BENCH_PYTHON_EMBEDDINGS` and
 * `BENCH_PYTHON_BERTSCORE` name interpreters that have them already.
 */
import { spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { inCache, inRoot } from "../scripts/run/paths.mjs";
import { run } from "../scripts/run/process.mjs";

export class Reference {
  #child;
  #lines;

  /** Starts the reference and waits until its model is loaded. */
  static async start(kind, model) {
    const reference = new Reference();
    reference.#child = spawn(interpreter(kind), [inRoot("bench", "reference.py"), kind, model], {
      env: { ...process.env, HF_HUB_OFFLINE: "1", TOKENIZERS_PARALLELISM: "true", PYTHONWARNINGS: "ignore" },
      stdio: ["pipe", "pipe", "ignore"],
    });
    reference.#lines = createInterface({ input: reference.#child.stdout })[Symbol.asyncIterator]();
    await reference.#answer();
    return reference;
  }

  /** Seconds the job took in the Python process. */
  async time(job) {
    this.#child.stdin.write(`${JSON.stringify(job)}\n`);
    return (await this.#answer()).seconds;
  }

  stop() {
    this.#child.kill();
  }

  async #answer() {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("The Python reference ended. Run its command by hand to see why.");
    return JSON.parse(value);
  }
}

/** Makes the virtual environment of a reference, unless it is there. */
export async function installReference(kind, report) {
  const venv = venvOf(kind);
  if (process.env[variable(kind)] || existsSync(join(venv, ".done"))) return false;
  rmSync(venv, { recursive: true, force: true });
  const requirements = inRoot("goldens", `requirements-${kind}.txt`);
  await run("python3", ["-m", "venv", venv], { onLine: report });
  await run(join(venv, "bin", "python"), ["-m", "pip", "install", "-r", requirements], { onLine: report });
  await run("touch", [join(venv, ".done")]);
  return true;
}

const variable = (kind) => `BENCH_PYTHON_${kind.toUpperCase()}`;
const venvOf = (kind) => inCache("reference", kind);
const interpreter = (kind) => process.env[variable(kind)] || join(venvOf(kind), "bin", "python");
