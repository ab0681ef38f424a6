/** Real faults of real hosts, under load all the time. */
import test from "ava";
import * as deaf from "./faults/cases/deaf.js";
import drain from "./faults/cases/drain.js";
import hang from "./faults/cases/hang.js";
import * as keys from "./faults/cases/keys.js";
import kill from "./faults/cases/kill.js";
import modelGone from "./faults/cases/model_gone.js";
import network from "./faults/cases/network.js";
import rollingRestart from "./faults/cases/rolling_restart.js";
import spoiled from "./faults/cases/spoiled.js";
import twoDead from "./faults/cases/two_dead.js";
import { Gate } from "./faults/gate.js";
import { Host } from "./faults/host.js";
import { unharmed } from "./faults/load.js";
import { Namespace, whyNot } from "./faults/namespace.js";
import { open, trial } from "./faults/trial.js";

const FAULTS = [
  kill,
  hang,
  drain,
  keys.edited,
  keys.restarted,
  twoDead,
  rollingRestart,
  modelGone,
  deaf.fullQueue,
  deaf.noDescriptors,
  ...spoiled,
];

const hosts = ["gpu-1", "gpu-2", "gpu-3"].map((name) => new Host(name));
await Promise.all(hosts.map((host) => host.start()));
const gate = await Gate.before(hosts[0]);
const calm = open(hosts.slice(2));
const expected = await unharmed(calm);
await calm.close();
test.after.always(async () => {
  await gate.close();
  await Promise.all(hosts.map((host) => host.remove()));
});

for (const fault of FAULTS) {
  test.serial(fault.title, async (t) => {
    const [first, ...others] = hosts;
    const row = await trial(fault, { hosts: [fault.gated ? gate : first, ...others], expected });
    console.log({ ...row, said: row.said && [row.said.health, row.said.lastError].join(": ") });
    t.deepEqual(row.failed, []);
  });
}

const reason = whyNot();
if (reason) console.log(`Faults of the network are left out, for no namespace can be made: ${reason}`);
const inNamespace = reason ? test.serial.skip : test.serial;
let namespace;
test.after.always(() => namespace?.close());

for (const [number, fault] of network.entries()) {
  inNamespace(fault.title, async (t) => {
    namespace ??= await Namespace.open();
    const row = await namespace.trial(number);
    console.log({ ...row, said: row.said && [row.said.health, row.said.lastError].join(": ") });
    t.deepEqual(row.failed, []);
  });
}
