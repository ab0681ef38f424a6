/** A host is told to stop: it finishes what it has, refuses what comes, and leaves. */
import assert from "node:assert/strict";

let code;

export default {
  title: "one of three is told to stop (SIGTERM) with work in flight, and started again",
  shows: { health: /draining/, lastError: /status 503: The service is stopping/ },
  inject({ victims: [host] }) {
    code = host.end("SIGTERM");
  },
  async restore({ victims: [host] }) {
    assert.equal(await code, 0, "all it had taken was finished");
    await host.start();
  },
};
