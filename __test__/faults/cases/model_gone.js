/**
 * A host loses its model, and later the others lose theirs. A host that hasn't got a model is left alone about it for a
 * minute, unless no other is left: that makes the first work again here.
 */
import assert from "node:assert/strict";
import { eventually } from "../eventually.js";
import { MODEL } from "../host.js";

const TASKS = ["embed", "bertscore", "rerank"];

export default {
  title: "the model of one of three disappears; it comes back, and that of the others disappears",
  inject: ({ victims: [host] }) => takeAway(host),
  async expect(trial) {
    await eventually(() => isLeftAlone(trial, trial.victims[0]));
    assert.equal(trial.look(trial.victims[0]).health, "healthy", "it is well, and is called so");
  },
  async restore(trial) {
    await putBack(trial.victims[0]);
    await Promise.all(trial.others.map(takeAway));
    await trial.works(trial.victims[0]);
    await Promise.all(trial.others.map(putBack));
  },
};

async function isLeftAlone(trial, host) {
  const { requests } = trial.look(host);
  await trial.progress();
  return trial.look(host).requests === requests;
}

async function takeAway(host) {
  host.hideModel();
  for (const task of TASKS) await eventually(async () => (await tell(host, "unload", task)) !== 202);
}

async function putBack(host) {
  host.showModel();
  for (const task of TASKS) await eventually(async () => (await tell(host, "load", task)) === 200);
}

async function tell(host, what, task) {
  const headers = { "content-type": "application/json", "x-api-key": host.key, connection: "close" };
  const body = JSON.stringify({ model: MODEL, task });
  const { status } = await fetch(`${host.url}/models/${what}`, { method: "POST", headers, body });
  return status;
}
