import test from "ava";
import { GpuBridge } from "../index.js";
import { configOf, startPair, stopHosts } from "./support/gpu_service.js";

const hosts = await startPair();
test.after.always(() => stopHosts(hosts));

const requests = (bridge) => bridge.hosts().map((host) => host.requests);

test("round-robin gives two hosts the same number of calls, one after the other", async (t) => {
  const bridge = new GpuBridge(configOf(hosts));
  for (let call = 0; call < 10; call += 1) await bridge.embed({ texts: [`call ${call}`] });
  t.deepEqual(requests(bridge), [5, 5]);
  await bridge.close();
});

test("round-robin gives two hosts the same number of calls, all at once", async (t) => {
  const bridge = new GpuBridge(configOf(hosts));
  const calls = Array.from({ length: 40 }, (_, call) => bridge.embed({ texts: [`call ${call}`] }));
  await Promise.all(calls);
  t.deepEqual(requests(bridge), [20, 20]);
  await bridge.close();
});

test("a host of weight 3 gets three calls of four", async (t) => {
  const config = configOf(hosts);
  config.hosts[0].weight = 3;
  const bridge = new GpuBridge(config);
  for (let call = 0; call < 12; call += 1) await bridge.embed({ texts: [`call ${call}`] });
  t.deepEqual(requests(bridge), [9, 3]);
  await bridge.close();
});

test("both tasks draw from the same round", async (t) => {
  const bridge = new GpuBridge(configOf(hosts));
  for (let call = 0; call < 4; call += 1) {
    await bridge.embed({ texts: ["text"] });
    await bridge.bertscore({ candidates: ["text"], references: ["texts"] });
  }
  t.deepEqual(requests(bridge), [4, 4]);
  await bridge.close();
});
