/**
 * A process in a network namespace of its own, so that the machine's network is left alone, with three hosts on wires.
 * It makes the faults happen whose numbers come on its standard input, and answers each with a line of JSON.
 */
import { execFileSync } from "node:child_process";
import { createInterface } from "node:readline";
import network from "./cases/network.js";
import { startFleet } from "./fleet.js";
import { trial } from "./trial.js";
import { Wire } from "./wire.js";

execFileSync("ip", ["link", "set", "lo", "up"]);
const fleet = await startFleet({ through: ["unshare", "--net"], env: { HOST: "0.0.0.0" } }, connect);
console.log("ready");

for await (const number of createInterface({ input: process.stdin })) {
  const answer = await trial(network[number], fleet).catch((error) => ({ error: error.stack }));
  console.log(JSON.stringify(answer));
}
await fleet.remove();

function connect(host, index) {
  host.wire = new Wire(host.pid, index);
  host.url = `http://${host.wire.theirs}:${host.port}`;
}
