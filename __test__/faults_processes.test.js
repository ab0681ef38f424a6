/** What happens to the processes of real hosts, under load all the time. `docs/FAULTS.md` keeps the results. */
import test from "ava";
import * as deaf from "./faults/cases/deaf.js";
import drain from "./faults/cases/drain.js";
import hang from "./faults/cases/hang.js";
import * as keys from "./faults/cases/keys.js";
import kill from "./faults/cases/kill.js";
import modelGone from "./faults/cases/model_gone.js";
import rollingRestart from "./faults/cases/rolling_restart.js";
import twoDead from "./faults/cases/two_dead.js";
import { eventually } from "./faults/eventually.js";
import { startFleet } from "./faults/fleet.js";
import { suite } from "./faults/suite.js";
import { open, trial } from "./faults/trial.js";
import { sentences } from "./support/texts.js";

const everywhere = [kill, twoDead, hang, drain, rollingRestart, keys.edited, keys.restarted, modelGone];
const onLinux = [deaf.fullQueue, deaf.noDescriptors];
const faults = process.platform === "linux" ? [...everywhere, ...onLinux] : everywhere;

const fleet = await startFleet();
test.after.always(() => fleet.remove());
suite("Processes", faults, (fault) => trial(fault, fleet));

const CALLS = [
  (bridge, options) => bridge.embed({ texts: ["a"] }, options),
  (bridge, options) => bridge.embed({ texts: sentences(2000, 2) }, options),
  (bridge, options) => bridge.bertscore({ candidates: ["a"], references: ["b"] }, options),
  (bridge, options) => bridge.rerank({ query: "a", documents: ["b", "c"] }, options),
];

test.serial(
  "where no host is left, calls say in time who failed and why, until hosts are back",
  async (t) => {
    const bridge = open(fleet.hosts);
    const [first, second, third] = fleet.hosts;
    await Promise.all([first, second].map((host) => host.end("SIGKILL")));
    third.signal("SIGSTOP");
    for (const call of CALLS) {
      const error = await t.throwsAsync(call(bridge, { timeout: 0.5 }), { code: "timeout" });
      t.regex(error.message, /gpu-3 was still at work/);
    }
    await third.end("SIGKILL");
    for (const call of CALLS) {
      const error = await t.throwsAsync(call(bridge), { code: "all_hosts_failed" });
      t.deepEqual([...new Set(error.attempts.map(({ host }) => host))].sort(), ["gpu-1", "gpu-2", "gpu-3"]);
      for (const { message } of error.attempts) t.regex(message, /refused|reset|closed/);
    }
    await Promise.all(fleet.hosts.map((host) => host.start()));
    await eventually(() => bridge.hosts().every(({ health }) => health === "healthy"));
    for (const call of CALLS) await t.notThrowsAsync(call(bridge));
    t.true(bridge.hosts().every(({ inFlight }) => inFlight === 0));
    await bridge.close();
  },
);
