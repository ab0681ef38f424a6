/** The process of `namespace_main.js`, and whether this machine allows one. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("namespace_main.js", import.meta.url));
/** Who isn't root is so in a namespace of users, where that is allowed. */
const UNSHARE = ["--net", ...(process.getuid?.() === 0 ? [] : ["--map-root-user"])];
/** A namespace, a wire to a namespace in it, and a narrow link: all that the faults need. */
const PROBE = `ip link set lo up && unshare --net true && ip link add probe type veth peer name eborp &&
  tc qdisc add dev probe root tbf rate 1mbit burst 3000 limit 3000`;

/** Why there can be no namespace; `undefined` where there can. */
export function whyNot() {
  const { status, error, stderr } = spawnSync("unshare", [...UNSHARE, "sh", "-c", PROBE], {
    encoding: "utf8",
  });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}

export class Namespace {
  #child;
  #lines;

  static async open() {
    const namespace = new Namespace();
    const stdio = ["pipe", "pipe", "inherit"];
    namespace.#child = spawn("unshare", [...UNSHARE, process.execPath, MAIN], { env: direct(), stdio });
    namespace.#lines = createInterface({ input: namespace.#child.stdout });
    await once(namespace.#lines, "line");
    return namespace;
  }

  /** Makes the fault with this number happen. */
  async trial(number) {
    this.#child.stdin.write(`${number}\n`);
    const [line] = await once(this.#lines, "line");
    const { error, ...row } = JSON.parse(line);
    if (error) throw new Error(error);
    return row;
  }

  async close() {
    this.#child.stdin.end();
    await once(this.#child, "exit");
  }
}

/** No proxy reaches into a namespace. */
function direct() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/_proxy$/i.test(name)));
}
