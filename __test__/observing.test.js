import test from "ava";
import { GpuBridge } from "../index.js";
import { configOf, startHost } from "./support/gpu_service.js";
import { until } from "./support/until.js";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

const host = await startHost({ key: "key", env: { RUST_LOG: "info,gpu_service=debug" } });
const lines = [];
const line = (text) => lines.push(text);
const logger = { debug: line, info: line, warn: line, error: line };
const bridge = new GpuBridge(configOf([host]), { logger });
test.after.always(async () => {
  await bridge.close();
  await host.stop();
});

test("one id is found in the logs of both ends", async (t) => {
  const traceparent = `00-${TRACE}-00f067aa0ba902b7-01`;
  await t.throwsAsync(bridge.embed({ texts: ["a"], model: "nobody/has-this" }, { traceparent }), {
    code: "model_not_found",
  });
  const here = await until(() => lines.find((text) => text.includes(TRACE)));
  t.regex(here, /^Attempt 1 of \/embed on gpu-1 failed \(model_not_found\): /);
  const there = await until(() => host.log.find((text) => text.includes(TRACE)));
  t.regex(there, /trace_id="?4bf92f3577b34da6a3ce929d0e0e4736"? parent_id="?[0-9a-f]{16}"? .*answered/);
});

test("both ends count the same requests", async (t) => {
  const other = new GpuBridge(configOf([host]));
  t.teardown(() => other.close());
  const count = async () => {
    const reply = await fetch(`${host.url}/metrics`, { headers: { authorization: "Bearer key" } });
    t.is(reply.headers.get("content-type"), GpuBridge.metricsContentType);
    const text = await reply.text();
    return Number(/^gpu_service_requests_total\{route="\/embed",status="200"\} (\d+)$/m.exec(text)?.[1] ?? 0);
  };
  const before = await count();
  for (let call = 0; call < 3; call++) await other.embed({ texts: ["A cat sleeps."] });
  t.is((await count()) - before, 3);
  const served = 'gpu_bridge_host_requests_total{host="gpu-1",route="/embed",outcome="served"} 3\n';
  t.true(other.metrics().includes(served));
  const [{ tokens, tokensPerSecond, memoryUtilization }] = other.hosts();
  t.true(tokens > 0 && tokensPerSecond > 0 && memoryUtilization === 0);
});
