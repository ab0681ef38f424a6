/** A host is told to stop: it finishes what it has, refuses what comes, and leaves. */
import assert from "node:assert/strict";
import { holdRequest } from "../held_request.js";

export default {
  title: "one of three is told to stop (SIGTERM) with work in flight, and started again",
  // A request that was refused has said so, or a health check; after either nobody asks it for work.
  shows: { health: /draining/, lastError: /The service is stopping/ },
  async inject(trial) {
    const [host] = trial.victims;
    trial.held = await holdRequest(host); // Else it might be gone before anybody hears that it stops.
    trial.exit = host.end("SIGTERM");
  },
  async restore({ victims: [host], held, exit }) {
    assert.equal(await held.finish(), 200, "it finished what it had taken");
    assert.equal(await exit, 0);
    await host.start();
  },
};
