/**
 * A real gateway with this package installed from its packed archive. One takes 800 MB, so tests run one at a time.
 * Everything here waits for what the gateway says, never for a clock.
 */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { inRoot } from "../../scripts/run/paths.mjs";
import { OpenClawHome, PLUGIN } from "./openclaw_home.js";
import { temporaryFolder } from "./temporary.js";

/** Between two looks at a server that is starting. */
const LOOK_MS = 50;

/** Packs the package as it would be published, and gives the archive's path. */
export function packPackage() {
  const folder = temporaryFolder("packed-");
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const [{ filename }] = JSON.parse(
    execFileSync("npm", args, { cwd: inRoot(), stdio: ["ignore", "pipe", "ignore"] }),
  );
  return join(folder, filename);
}

/** A home with the plugin installed and configured. Options as for {@link OpenClawHome.create}. */
export async function installPlugin(pluginConfig, options) {
  const home = await OpenClawHome.create(options);
  await home.must("plugins", "install", `npm-pack:${packPackage()}`, "--force", "--accept-capabilities");
  if (pluginConfig) home.configurePlugin(pluginConfig);
  return home;
}

/** Installs, configures and starts; {@link Gateway.remove} ends it all. */
export async function startGateway(pluginConfig, options) {
  const gateway = new Gateway(await installPlugin(pluginConfig, options));
  await gateway.start();
  return gateway;
}

export class Gateway {
  #child;
  #exited;
  /** Every line the gateway has printed. */
  log = [];

  constructor(home) {
    this.home = home;
  }

  get pid() {
    return this.#child.pid;
  }

  get url() {
    return `http://127.0.0.1:${this.home.port}`;
  }

  /** Starts the gateway, and waits until its plugins are up. */
  async start() {
    this.#child = this.home.spawn(["gateway", "run"]);
    this.#exited = once(this.#child, "exit");
    const child = this.#child;
    process.once("exit", () => child.kill("SIGKILL"));
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on("line", (line) => this.log.push(line));
    await this.#until(() => this.#answers("/readyz"));
  }

  /** Ends it as an operator would, and gives the exit code. */
  async stop(signal = "SIGTERM") {
    this.#child.kill(signal);
    const [code] = await this.#exited;
    return code;
  }

  /** Ends it and takes everything away. */
  async remove() {
    if (this.#child && this.#child.exitCode === null) await this.stop("SIGKILL");
    this.home.remove();
  }

  /** Replaces the plugin's config, and waits until the running gateway has taken it over. */
  async reconfigure(pluginConfig) {
    const from = this.log.length;
    this.home.configurePlugin(pluginConfig);
    await this.said(/config hot reload applied/, from);
  }

  /** Calls a tool over HTTP: `{ status, body }`, the body as the gateway sent it. */
  async invoke(tool, args = {}, { signal } = {}) {
    const response = await this.fetch("/tools/invoke", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ tool, args }),
      signal,
    });
    return { status: response.status, body: await response.json() };
  }

  /** Asks the gateway for any of its pages, as somebody who holds its token. */
  fetch(path, { headers, ...options } = {}) {
    const authorization = `Bearer ${this.home.token}`;
    return fetch(`${this.url}${path}`, { ...options, headers: { authorization, ...headers } });
  }

  /** Calls a gateway method through the command line. Rejects with what it said where it failed. */
  rpc(method, params = {}) {
    const { port, token } = this.home;
    const access = ["--port", String(port), "--token", token, "--json"];
    return this.home.must("gateway", "call", method, "--params", JSON.stringify(params), ...access);
  }

  /** Waits until the gateway has printed a line that matches, at or after `from`. Gives the line's place. */
  async said(pattern, from = 0) {
    const place = () => this.log.findIndex((line, index) => index >= from && pattern.test(line));
    await this.#until(() => place() >= 0);
    return place();
  }

  async #answers(path) {
    const response = await fetch(`${this.url}${path}`).catch(() => undefined);
    return response?.ok;
  }

  async #until(probe) {
    while (!(await probe())) {
      if (this.#child.exitCode !== null)
        throw new Error(`The gateway ended:\n${this.log.slice(-30).join("\n")}`);
      await pause(LOOK_MS);
    }
  }
}

export { PLUGIN };
