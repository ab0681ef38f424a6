/**
 * Hosts that take no connection, though the system answers for them: every attempt to connect stands still. The bridge
 * meets them when it has no connection yet.
 */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { eventually } from "../eventually.js";

/** More than a service's queue of connections holds. */
const CALLERS = 1100;
/** Fewer than a service has open all the time. */
const DESCRIPTORS = 8;

export const fullQueue = {
  title: "one of three hangs with a full listen queue, so that connecting hangs",
  early: true,
  shows: { health: /unhealthy/, breaker: /open/, lastError: /can't be reached|did not answer/ },
  async inject({ victims: [host] }) {
    const before = overflows();
    host.signal("SIGSTOP");
    host.callers = Array.from({ length: CALLERS }, () =>
      connect(host.port, "127.0.0.1").on("error", () => {}),
    );
    await eventually(() => overflows() > before);
  },
  async restore({ victims: [host] }) {
    await Promise.all(host.callers.map((caller) => once(caller.destroy(), "close")));
    host.signal("SIGCONT");
  },
};

export const noDescriptors = {
  title: "one of three has no file descriptor left for another connection",
  early: true,
  shows: { health: /unhealthy/, breaker: /open/, lastError: /did not answer/ },
  inject: ({ victims: [host] }) => limit(host, DESCRIPTORS),
  restore: ({ victims: [host] }) => limit(host, 1024),
};

function limit(host, descriptors) {
  const { status, stderr } = spawnSync("prlimit", [`--pid=${host.pid}`, `--nofile=${descriptors}:`]);
  if (status !== 0) throw new Error(`prlimit failed: ${stderr}`);
}

/** Connections that the system dropped so far, because a service's queue was full. */
function overflows() {
  const [names, numbers] = readFileSync("/proc/net/netstat", "utf8")
    .split("\n")
    .map((line) => line.split(" "));
  return Number(numbers[names.indexOf("ListenOverflows")]);
}
