/** A host is told to stop: it finishes what it has, refuses what comes, and leaves. */
import assert from "node:assert/strict";

export default {
  title: "one of three is told to stop (SIGTERM) with work in flight, and started again",
  // It is gone before anybody hears that it stops, where it had little to finish.
  shows: {
    health: /draining|unhealthy/,
    lastError: /status 503: The service is stopping|connection|reached/,
  },
  inject(trial) {
    trial.exit = trial.victims[0].end("SIGTERM");
  },
  async restore({ victims: [host], exit }) {
    assert.equal(await exit, 0, "it finished all it had taken");
    await host.start();
  },
};
