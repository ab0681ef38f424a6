/** A host is told to stop: it finishes what it has, refuses what comes, and leaves. */
import assert from "node:assert/strict";
import { eventually } from "../eventually.js";

export default {
  title: "one of three is told to stop (SIGTERM) with work in flight, and started again",
  shows: { health: /draining/, lastError: /status 503: The service is stopping/ },
  async inject(trial) {
    const [host] = trial.victims;
    // With two requests to finish it is there for long enough to refuse a third.
    await eventually(() => trial.look(host).inFlight > 1);
    trial.exit = host.end("SIGTERM");
  },
  async restore({ victims: [host], exit }) {
    assert.equal(await exit, 0, "it finished all it had taken");
    await host.start();
  },
};
