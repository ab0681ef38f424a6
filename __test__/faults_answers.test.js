/** What happens to the answers of a real host on their way, under load all the time. */
import test from "ava";
import spoiled from "./faults/cases/spoiled.js";
import { startFleet } from "./faults/fleet.js";
import { Gate } from "./faults/gate.js";
import { suite } from "./faults/suite.js";
import { trial } from "./faults/trial.js";

const { hosts, expected, remove } = await startFleet();
const gate = await Gate.before(hosts[0]);
test.after.always(async () => {
  await gate.close();
  await remove();
});
suite("Answers", spoiled, (fault) => trial(fault, { hosts: [gate, ...hosts.slice(1)], expected }));
