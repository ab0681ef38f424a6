import test from "ava";
import { GpuBridge } from "../index.js";
import { scriptedHost, VECTOR } from "./support/scripted_host.js";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = `00-${TRACE}-00f067aa0ba902b7-01`;
const HEADER = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

async function setUp(t, answers = [() => [200, VECTOR]]) {
  const hosts = await Promise.all(answers.map(scriptedHost));
  const bridge = new GpuBridge({ hosts: hosts.map(({ url }) => ({ url })) });
  t.teardown(() => Promise.all([bridge.close(), ...hosts.map((host) => host.close())]));
  const sent = () => hosts.flatMap(({ seen }) => seen.filter(({ path }) => path === "/embed"));
  const spans = () => sent().map(({ headers }) => HEADER.exec(headers.traceparent).slice(1));
  return { bridge, sent, spans };
}

const embed = (bridge, options) => bridge.embed({ texts: ["a"] }, options);

test("each attempt is a child of the caller's span", async (t) => {
  const broken = () => [500, { detail: "No.", code: "inference_failed" }];
  const { bridge, sent, spans } = await setUp(t, [broken, broken]);
  await t.throwsAsync(embed(bridge, { traceparent: PARENT, tracestate: "vendor=opaque" }));
  t.true(sent().length > 1);
  t.true(spans().every(([trace, , flags]) => trace === TRACE && flags === "01"));
  const ids = spans().map(([, span]) => span);
  t.is(new Set([...ids, "00f067aa0ba902b7"]).size, ids.length + 1);
  t.true(sent().every(({ headers }) => headers.tracestate === "vendor=opaque"));
});

test("without a caller's span every call is a trace of its own", async (t) => {
  const { bridge, sent, spans } = await setUp(t);
  for (const traceparent of [undefined, "", "nonsense", PARENT.toUpperCase(), PARENT.replace(/^00/, "ff")])
    await embed(bridge, { traceparent, tracestate: "vendor=opaque" });
  const traces = spans().map(([trace]) => trace);
  t.is(new Set([...traces, TRACE]).size, 6);
  t.true(sent().every(({ headers }) => headers.tracestate === undefined));
});

test("a span that is no string is the caller's mistake", async (t) => {
  const { bridge } = await setUp(t);
  await t.throwsAsync(embed(bridge, { traceparent: 7 }), {
    code: "invalid_input",
    message: /`traceparent` is the number 7/,
  });
});
