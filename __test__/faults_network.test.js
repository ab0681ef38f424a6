/** What happens to the network between the bridge and a real host, under load all the time. */
import test from "ava";
import network from "./faults/cases/network.js";
import { Namespace, whyNot } from "./faults/namespace.js";
import { suite } from "./faults/suite.js";

const reason = whyNot();
if (reason) {
  console.log(`The faults of the network are left out, for no namespace can be made here: ${reason}`);
  test.skip("faults of the network", () => {});
} else {
  const namespace = await Namespace.open();
  test.after.always(() => namespace.close());
  suite("Network", network, (_, number) => namespace.trial(number));
}
