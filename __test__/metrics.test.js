import test from "ava";
import { GpuBridge } from "../index.js";
import { scriptedHost, VECTOR } from "./support/scripted_host.js";

/** The value of a series; `undefined` where it isn't told. */
const value = (text, series) => {
  const line = text.split("\n").find((line) => line.startsWith(`${series} `));
  return line && Number(line.slice(series.length + 1));
};

test("metrics() tells what was done and how the hosts are", async (t) => {
  const broken = () => [500, { detail: "No.", code: "inference_failed" }];
  const hosts = await Promise.all([broken, () => [200, VECTOR]].map(scriptedHost));
  const bridge = new GpuBridge({
    hosts: hosts.map(({ url }, index) => ({ url, name: `h${index}`, apiKey: "secret" })),
  });
  t.teardown(() => Promise.all([bridge.close(), ...hosts.map((host) => host.close())]));
  for (let call = 0; call < 5; call++) await bridge.embed({ texts: ["a"] });
  await t.throwsAsync(bridge.embed({ texts: [] }));

  const text = bridge.metrics();
  const [failed, served] = hosts.map(({ seen }) => seen.filter(({ path }) => path === "/embed").length);
  t.is(value(text, 'gpu_bridge_calls_total{route="/embed",outcome="ok"}'), 5);
  t.is(value(text, 'gpu_bridge_calls_total{route="/embed",outcome="invalid_input"}'), 1);
  t.is(value(text, 'gpu_bridge_host_requests_total{host="h0",route="/embed",outcome="failed"}'), failed);
  t.is(value(text, 'gpu_bridge_host_requests_total{host="h1",route="/embed",outcome="served"}'), served);
  t.is(value(text, 'gpu_bridge_host_tokens_total{host="h1",route="/embed"}'), 3 * served);
  t.is(value(text, 'gpu_bridge_host_breaker{host="h1",state="closed"}'), 1);
  t.true(text.endsWith("# EOF\n"));
  t.false(text.includes("secret") || text.includes("127.0.0.1"));
  t.regex(GpuBridge.metricsContentType, /^application\/openmetrics-text/);

  const [, well] = bridge.hosts();
  t.like(well, { retries: failed, hedges: 0, hedgesWon: 0, tokens: 3 * served, loadedModels: [] });
  t.true(well.idleSeconds >= 0);
  t.is(well.lastErrorSeconds, undefined);
});
