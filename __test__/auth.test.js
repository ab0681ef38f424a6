import test from "ava";
import { GpuBridge } from "../index.js";
import { configOf, startPair, stopHosts } from "./support/gpu_service.js";

const hosts = await startPair();
test.after.always(() => stopHosts(hosts));

const routes = [
  ["GET", "/info"],
  ["GET", "/status"],
  ["POST", "/embed", { texts: ["a"] }],
  ["POST", "/bertscore", { candidates: ["a"], references: ["b"] }],
];

function ask(host, [method, path, body], headers = {}) {
  const type = body ? { "content-type": "application/json" } : {};
  return fetch(host.url + path, {
    method,
    headers: { ...type, ...headers },
    body: body && JSON.stringify(body),
  });
}

for (const route of routes) {
  test(`${route[0]} ${route[1]} takes each host's own key and no other`, async (t) => {
    for (const host of hosts) {
      const other = hosts.find(({ key }) => key !== host.key).key;
      const refusals = await Promise.all(
        [{}, { "x-api-key": other }, { "x-api-key": "" }].map((h) => ask(host, route, h)),
      );
      const bodies = await Promise.all(refusals.map((reply) => reply.json()));
      for (const [index, reply] of refusals.entries()) {
        t.is(reply.status, 401);
        t.is(bodies[index].code, "unauthorized");
        t.deepEqual(bodies[index], bodies[0]);
      }
      t.is((await ask(host, route, { "x-api-key": host.key })).status, 200);
      t.is((await ask(host, route, { authorization: `Bearer ${host.key}` })).status, 200);
    }
  });
}

test("health needs no key", async (t) => {
  for (const host of hosts) t.is((await ask(host, ["GET", "/health"])).status, 200);
});

test("calls with wrong keys are unauthorized, and no key is shown", async (t) => {
  const bridge = new GpuBridge(configOf(hosts.map(({ url }) => ({ url, key: "not-a-key" }))));
  const error = await t.throwsAsync(bridge.embed({ texts: ["a"] }), { code: "unauthorized" });
  t.is(error.status, 401);
  t.is(error.attempts.length, 2);
  t.deepEqual(
    bridge.hosts().map((host) => host.health),
    ["unauthorized", "unauthorized"],
  );
  t.false(JSON.stringify([error.message, error.attempts, bridge.hosts()]).includes("not-a-key"));
  await bridge.close();
});

test("one wrong key parks that host only", async (t) => {
  const [good, bad] = hosts;
  const bridge = new GpuBridge(configOf([good, { ...bad, key: "not-a-key" }]));
  for (let call = 0; call < 4; call += 1) t.is((await bridge.embed({ texts: ["a"] })).dimensions, 384);
  t.deepEqual(
    bridge.hosts().map((host) => host.health),
    ["healthy", "unauthorized"],
  );
  await bridge.close();
});

test("the config's key is the fallback of hosts without their own", async (t) => {
  const [first, second] = hosts;
  const bridge = new GpuBridge({
    apiKey: first.key,
    hosts: [{ url: first.url }, { url: second.url, apiKey: second.key }],
  });
  for (let call = 0; call < 4; call += 1) await bridge.embed({ texts: ["a"] });
  t.deepEqual(
    bridge.hosts().map((host) => [host.health, host.failures]),
    [
      ["healthy", 0],
      ["healthy", 0],
    ],
  );
  await bridge.close();
});
