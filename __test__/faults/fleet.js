/** Three hosts with the same model, and what they answer while nothing is wrong. */
import { Host } from "./host.js";
import { unharmed } from "./load.js";
import { open } from "./trial.js";

/** `wire` is called for each host that has been started. */
export async function startFleet(more = {}, wire = () => {}) {
  const hosts = ["gpu-1", "gpu-2", "gpu-3"].map((name) => new Host(name, more));
  await Promise.all(hosts.map((host) => host.start()));
  hosts.forEach(wire);
  const bridge = open(hosts.slice(2));
  const expected = await unharmed(bridge);
  await bridge.close();
  return { hosts, expected, remove: () => Promise.all(hosts.map((host) => host.remove())) };
}
