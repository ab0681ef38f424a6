/**
 * An OpenClaw of its own: a home, a state folder and a config in a temporary folder, apart from whatever this machine
 * has. The host is the one `scripts/setup/openclaw.mjs` keeps in the cache.
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { spawn } from "node:child_process";
import { openclawFolder } from "../../scripts/setup/openclaw.mjs";
import { freePort } from "./free_port.js";
import { removeFolder, temporaryFolder } from "./temporary.js";

export const PLUGIN = "openclaw-gpu-bridge";

const node = join(openclawFolder, "node_modules", "node", "bin", "node");
const program = join(openclawFolder, "node_modules", "openclaw", "openclaw.mjs");

const QUIET = {
  OPENCLAW_OFFLINE: "1",
  OPENCLAW_NO_AUTO_UPDATE: "1",
  OPENCLAW_DISABLE_BONJOUR: "1",
  OPENCLAW_SKIP_CHANNELS: "1",
  NO_COLOR: "1",
  npm_config_cache: process.env.npm_config_cache ?? join(homedir(), ".npm"),
  npm_config_prefer_offline: "true",
  npm_config_fetch_retries: "0",
};

export class OpenClawHome {
  #folder = temporaryFolder("openclaw-");
  #state = join(this.#folder, "state");
  #configFile = join(this.#state, "openclaw.json");
  token = randomBytes(24).toString("hex");

  /**
   * @param {object} config beside what a gateway needs to run here
   * @param {object} env variables for everything that runs in this home
   */
  static async create({ config = {}, env = {} } = {}) {
    if (!existsSync(program))
      throw new Error('There is no OpenClaw to test in. Run "npm run test:openclaw".');
    const home = new OpenClawHome();
    home.port = await freePort();
    home.env = home.#environment(env);
    home.writeConfig(merged(home.#base(), config));
    return home;
  }

  /** Where OpenClaw keeps what it knows. */
  get state() {
    return this.#state;
  }

  /** Where the agent works, and the only place its file tools may touch. */
  get workspace() {
    return join(this.#folder, "workspace");
  }

  /** The config as it stands, with whatever OpenClaw wrote into it. */
  readConfig() {
    return JSON.parse(readFileSync(this.#configFile, "utf8"));
  }

  /** Replaces the config. A running gateway sees it and takes over what changed. */
  writeConfig(config) {
    writeFileSync(`${this.#configFile}.new`, JSON.stringify(config, null, 2), { mode: 0o600 });
    renameSync(`${this.#configFile}.new`, this.#configFile);
  }

  /** Replaces the plugin's own part of the config. */
  configurePlugin(pluginConfig) {
    const config = this.readConfig();
    config.plugins.entries = { ...config.plugins.entries, [PLUGIN]: { enabled: true, config: pluginConfig } };
    this.writeConfig(config);
  }

  /** Runs `openclaw …` to its end and gives `{ code, stdout, stderr }`; never throws. */
  async openclaw(...args) {
    const child = this.spawn(args);
    const output = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"])
      child[stream].setEncoding("utf8").on("data", (text) => (output[stream] += text));
    const code = await new Promise((resolve) => child.once("close", resolve));
    return { code, ...output };
  }

  /** The same, for a command that has to succeed. Gives what it printed; JSON where it was asked for. */
  async must(...args) {
    const { code, stdout, stderr } = await this.openclaw(...args);
    if (code !== 0) throw new Error(`openclaw ${args.join(" ")} ended with ${code}:\n${stdout}\n${stderr}`);
    return args.includes("--json") ? JSON.parse(stdout.slice(stdout.search(/[{[]/))) : stdout;
  }

  /** Starts `openclaw …`. */
  spawn(args) {
    return spawn(node, [program, ...args], { env: this.env, stdio: ["ignore", "pipe", "pipe"] });
  }

  remove() {
    removeFolder(this.#folder);
  }

  #base() {
    mkdirSync(this.#state, { recursive: true });
    mkdirSync(this.workspace, { recursive: true });
    return {
      gateway: {
        mode: "local",
        bind: "loopback",
        port: this.port,
        auth: { mode: "token", token: this.token },
      },
      logging: { file: join(this.#folder, "openclaw.log") },
      models: { catalogRefresh: { enabled: false } },
      agents: { defaults: { workspace: this.workspace } },
      plugins: { allow: [PLUGIN, "memory-core"] },
    };
  }

  #environment(env) {
    const { PATH, LANG } = process.env;
    return {
      PATH: [dirname(node), PATH].join(delimiter),
      ...(LANG ? { LANG } : {}),
      TMPDIR: this.#folder,
      HOME: this.#folder,
      OPENCLAW_HOME: join(this.#folder, "home"),
      OPENCLAW_STATE_DIR: this.#state,
      OPENCLAW_CONFIG_PATH: this.#configFile,
      ...QUIET,
      ...env,
    };
  }
}

/** Objects within objects are merged, anything else is replaced. */
function merged(base, more) {
  const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  const both = (key, value) => (isObject(base[key]) && isObject(value) ? merged(base[key], value) : value);
  return {
    ...base,
    ...Object.fromEntries(Object.entries(more).map(([key, value]) => [key, both(key, value)])),
  };
}
