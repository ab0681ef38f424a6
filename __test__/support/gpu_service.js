/**
 * Real gpu-service processes on free loopback ports, with the real all-MiniLM-L6-v2 for both tasks. A host is ready
 * when it says so; nothing here waits for a clock.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { torchEnvironment } from "../../scripts/run/env.mjs";
import { daemon, models } from "../../scripts/run/paths.mjs";
import "./signals.js";

export const MODEL = "all-MiniLM-L6-v2";

const READY = /gpu-service ready on (http:\/\/\S+)/;

const running = new Set();
process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/**
 * Starts a host. It never outlives the process that started it. `through` is a command that becomes the host, such as
 * `unshare --net`; `log` is what it has written so far, by line.
 */
export async function startHost({ key, env = {}, through = [] } = {}) {
  const [command, ...args] = [...through, binary()];
  const child = spawn(command, args, { env: environment(key, env), stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(child, "exit");
  running.add(child);
  child.once("exit", () => running.delete(child));
  const log = [];
  const url = await readyUrl(child, log);
  return {
    url,
    key,
    pid: child.pid,
    log,
    signal: (name) => child.kill(name),
    stop: (name) => stop(child, exited, name),
  };
}

/** Starts two hosts with different keys. */
export function startPair(options = {}) {
  return Promise.all(["first-key", "second-key"].map((key) => startHost({ ...options, key })));
}

/** Ends hosts, whether or not they still run. */
export function stopHosts(hosts) {
  return Promise.all(hosts.map((host) => host.stop()));
}

/** The config of a bridge over these hosts, the way 0.2 wrote it. */
export function configOf(hosts, more = {}) {
  return {
    hosts: hosts.map(({ url, key }, index) => ({ url, name: `gpu-${index + 1}`, apiKey: key })),
    ...more,
  };
}

async function stop(child, exited, signal = "SIGKILL") {
  child.kill(signal);
  const [code] = await exited;
  return code;
}

function environment(key, env) {
  return {
    ...process.env,
    ...torchEnvironment(),
    HOST: "127.0.0.1",
    PORT: "0",
    TORCH_DEVICE: "cpu",
    MODEL_EMBED: MODEL,
    MODEL_BERTSCORE: MODEL,
    GPU_MODEL_PATH: process.env.GPU_MODEL_PATH ?? models,
    HF_HUB_OFFLINE: "1",
    ...(key ? { API_KEY: key } : {}),
    ...env,
  };
}

/** Reads on after the ready line, so that a host never blocks on a full pipe. */
function readyUrl(child, lines) {
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        lines.push(line);
        const url = READY.exec(line)?.[1];
        if (url) resolve(url);
      });
    }
    child.on("error", reject);
    child.on("exit", (code) =>
      reject(new Error(`gpu-service ended with ${code}:\n${lines.slice(-20).join("\n")}`)),
    );
  });
}

function binary() {
  const built = [process.env.GPU_SERVICE_BIN, daemon("release"), daemon("debug")].find(
    (path) => path && existsSync(path),
  );
  if (!built)
    throw new Error('There is no gpu-service to test against. Run "npm run build", or set GPU_SERVICE_BIN.');
  return built;
}
