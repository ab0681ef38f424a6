import test from "ava";
import { GpuBridge } from "../index.js";
import { configOf, startHost, startPair, stopHosts } from "./support/gpu_service.js";
import { sentences } from "./support/texts.js";
import { until } from "./support/until.js";

test("a host that is killed in mid-request costs no call", async (t) => {
  const hosts = await startPair();
  t.teardown(() => stopHosts(hosts));
  const bridge = new GpuBridge(configOf(hosts, { timeout: 120 }));
  t.teardown(() => bridge.close());
  const batches = Array.from({ length: 6 }, (_, batch) => sentences(40, 40 + batch));

  const calls = batches.map((texts) => bridge.embed({ texts }));
  await until(async () => (await bridge.status()).active_jobs.some((job) => job.host === "gpu-1"));
  await hosts[0].stop("SIGKILL");
  const answers = await Promise.all(calls);

  t.deepEqual(
    answers.map((answer) => answer.vectors.length),
    batches.map((texts) => texts.length * 384),
  );
  const calm = await bridge.embed({ texts: batches[0] });
  const drift = Math.max(
    ...calm.vectors.map((number, index) => Math.abs(number - answers[0].vectors[index])),
  );
  t.true(drift < 1e-5, `${drift}`);
  t.true(bridge.hosts()[0].failures > 0);
  t.is(bridge.hosts()[1].failures, 0);
});

test("with one host dead the answers about the pool stay good and name it", async (t) => {
  const hosts = await startPair();
  t.teardown(() => stopHosts(hosts));
  const bridge = new GpuBridge(configOf(hosts));
  t.teardown(() => bridge.close());
  await hosts[1].stop("SIGKILL");

  const health = await bridge.health();
  t.is(health.status, "ok");
  t.is(health.hosts[0].status, "ok");
  t.not(health.hosts[1].status, "ok");
  t.is(typeof health.hosts[1].error.message, "string");
  t.is((await bridge.info()).device, "cpu");
  t.is((await bridge.status()).queue.in_flight, 0);
});

test("with every host dead the error names each of them", async (t) => {
  const host = await startHost();
  await host.stop("SIGKILL");
  const bridge = new GpuBridge({ hosts: [{ url: host.url, name: "lonely" }] });
  t.teardown(() => bridge.close());
  const error = await t.throwsAsync(bridge.embed({ texts: ["a"] }), { code: "all_hosts_failed" });
  t.true(error.attempts.length > 0);
  t.is(error.attempts[0].host, "lonely");
  t.regex(error.attempts[0].message, /\S/);
  await t.throwsAsync(bridge.health(), { code: "all_hosts_failed" });
});

test("a host that hangs ends a call at its timeout", async (t) => {
  const host = await startHost();
  t.teardown(() => host.stop());
  const bridge = new GpuBridge({ url: host.url });
  t.teardown(() => bridge.close());
  await bridge.embed({ texts: ["warm"] });
  host.signal("SIGSTOP");
  await t.throwsAsync(bridge.embed({ texts: ["a"] }, { timeout: 0.2 }), { code: "timeout" });
  host.signal("SIGCONT");
  t.is((await bridge.embed({ texts: ["a"] })).dimensions, 384);
});

test("a draining host finishes what it has, and the rest goes elsewhere", async (t) => {
  const hosts = await startPair();
  t.teardown(() => stopHosts(hosts));
  const bridge = new GpuBridge(configOf(hosts, { timeout: 120 }));
  t.teardown(() => bridge.close());
  const calls = Array.from({ length: 4 }, (_, batch) => bridge.embed({ texts: sentences(16, 20 + batch) }));
  await until(async () => (await bridge.status()).active_jobs.some((job) => job.host === "gpu-1"));
  const code = hosts[0].stop("SIGTERM");
  for (let call = 0; call < 6; call += 1) calls.push(bridge.embed({ texts: [`late ${call}`] }));
  t.is((await Promise.all(calls)).length, 10);
  t.is(await code, 0);
});
