/**
 * A process in a network namespace of its own, so that the machine's network is left alone, with three hosts on wires.
 * It makes the faults happen whose numbers come on its standard input, and answers each with a line of JSON.
 */
import { execFileSync } from "node:child_process";
import { createInterface } from "node:readline";
import network from "./cases/network.js";
import { Host } from "./host.js";
import { unharmed } from "./load.js";
import { open, trial } from "./trial.js";
import { Wire } from "./wire.js";

execFileSync("ip", ["link", "set", "lo", "up"]);
const hosts = await Promise.all([0, 1, 2].map(wired));
const calm = open(hosts.slice(2));
const expected = await unharmed(calm);
await calm.close();
console.log("ready");

for await (const number of createInterface({ input: process.stdin })) {
  const answer = await trial(network[number], { hosts, expected }).catch((error) => ({ error: error.stack }));
  console.log(JSON.stringify(answer));
}
await Promise.all(hosts.map((host) => host.remove()));

async function wired(_, index) {
  const host = new Host(`gpu-${index + 1}`, { through: ["unshare", "--net"], env: { HOST: "0.0.0.0" } });
  await host.start();
  host.wire = new Wire(host.pid, index);
  host.url = `http://${host.wire.theirs}:${host.port}`;
  return host;
}
