/**
 * A host in a network namespace of its own, on a wire to ours: a pair of virtual devices, which goes with the host's
 * process. Needs the right to administer our namespace.
 */
import { execFileSync } from "node:child_process";

const run = (command, ...args) => execFileSync(command, args, { stdio: ["ignore", "ignore", "pipe"] });

export class Wire {
  #pid;
  #device;

  /** Wires up the process, which runs in its own namespace, as number `index` of ours. */
  constructor(pid, index) {
    this.#pid = pid;
    this.#device = `host${index}`;
    this.ours = `10.77.${index}.1`;
    this.theirs = `10.77.${index}.2`;
    run("ip", "link", "add", this.#device, "type", "veth", "peer", "name", "eth0", "netns", `${pid}`);
    run("ip", "address", "add", `${this.ours}/24`, "dev", this.#device);
    run("ip", "link", "set", this.#device, "up");
    this.atHost("ip", "address", "add", `${this.theirs}/24`, "dev", "eth0");
    this.atHost("ip", "link", "set", "eth0", "up");
  }

  /** Runs a command at the host's end. */
  atHost(...command) {
    run("nsenter", `--net=/proc/${this.#pid}/ns/net`, ...command);
  }

  /** Lets so much through in each direction, and drops what would have to wait. */
  throttle(rate) {
    const bucket = ["root", "tbf", "rate", rate, "burst", "3000", "limit", "3000"];
    run("tc", "qdisc", "add", "dev", this.#device, ...bucket);
    this.atHost("tc", "qdisc", "add", "dev", "eth0", ...bucket);
  }
  release() {
    run("tc", "qdisc", "del", "dev", this.#device, "root");
    this.atHost("tc", "qdisc", "del", "dev", "eth0", "root");
  }
}
