/** What an upgrade of the fleet does: one host after the other is drained, and started again on its port. */
import assert from "node:assert/strict";

export default {
  title: "all three are restarted, one after the other (SIGTERM, then started on the same port)",
  victims: 3,
  async inject(trial) {
    for (const host of trial.victims) {
      assert.equal(await host.end("SIGTERM"), 0, `${host.name} finished all it had taken`);
      await host.start();
      await trial.works(host);
    }
  },
};
