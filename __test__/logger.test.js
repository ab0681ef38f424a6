import test from "ava";
import { GpuBridge } from "../index.js";
import { runScript } from "./support/script.js";
import { scriptedHost, VECTOR } from "./support/scripted_host.js";
import { until } from "./support/until.js";

/** Keeps what it is told. */
function keeper({ debug = true } = {}) {
  const lines = [];
  const levels = ["info", "warn", "error", ...(debug ? ["debug"] : [])];
  const logger = Object.fromEntries(levels.map((level) => [level, (line) => lines.push({ level, line })]));
  return {
    logger,
    lines,
    at: (level) => lines.filter((line) => line.level === level).map(({ line }) => line),
  };
}

const good = () => [200, VECTOR];
/** Says too much. */
const broken = (headers) => [
  500,
  { detail: `The device caught fire. ${headers["x-api-key"]}`, code: "inference_failed" },
];
const KEY = "a-key-that-nobody-may-see";

test("a host that goes and comes back costs one line each, and what a call goes through is said at debug", async (t) => {
  const [bad, well] = await Promise.all([scriptedHost(broken), scriptedHost(good)]);
  t.teardown(() => Promise.all([bad.close(), well.close()]));
  const { logger, lines, at } = keeper();
  const hosts = [
    { name: "bad", url: bad.url, apiKey: KEY },
    { name: "well", url: well.url, apiKey: KEY },
  ];
  const bridge = new GpuBridge({ hosts, healthCheckIntervalSeconds: 1 }, { logger });
  for (let call = 0; call < 30; call++) await bridge.embed({ texts: ["a"] });
  await until(() => at("warn").length > 0);
  bad.embed = good;
  while (!at("info").length) await bridge.embed({ texts: ["a"] });
  await bridge.close();

  t.is(at("warn")[0].slice(0, 11), "bad is out:");
  t.true(at("warn")[0].includes("The device caught fire"));
  t.is(at("info")[0], "bad is back, and its share of the calls grows again.");
  t.true(
    at("debug").some((line) =>
      /^Attempt 1 of \/embed on bad failed \(inference_failed\): .* Another host gets it/.test(line),
    ),
    lines.map(({ line }) => line).join("\n"),
  );
  t.true(
    lines.every(({ line }) => /^[A-Z]|^(bad|well) /.test(line) && /[.\]]$/.test(line)),
    "a line is no sentence",
  );
  t.false(JSON.stringify(lines).includes(KEY));
});

test("a logger without debug hears of hosts only, and nothing after close()", async (t) => {
  const bad = await scriptedHost(broken);
  t.teardown(() => bad.close());
  const { logger, lines } = keeper({ debug: false });
  const bridge = new GpuBridge({ hosts: [{ name: "bad", url: bad.url }] }, { logger });
  while (!lines.length) await t.throwsAsync(bridge.embed({ texts: ["a"] }));
  const call = bridge.embed({ texts: ["a"] });
  await Promise.all([bridge.close(), t.throwsAsync(call)]);
  const told = lines.length;
  await t.throwsAsync(bridge.embed({ texts: ["a"] }), { code: "closed" });
  t.is(lines.length, told);
  t.deepEqual([...new Set(lines.map(({ level }) => level))].sort().at(-1), "warn");
});

test("bridges in one process tell their own loggers", async (t) => {
  const [bad, well] = await Promise.all([scriptedHost(broken), scriptedHost(good)]);
  t.teardown(() => Promise.all([bad.close(), well.close()]));
  const [first, second] = [keeper(), keeper()];
  const one = new GpuBridge({ hosts: [{ name: "bad", url: bad.url }] }, { logger: first.logger });
  const two = new GpuBridge({ hosts: [{ name: "well", url: well.url }] }, { logger: second.logger });
  while (!first.at("warn").length) await t.throwsAsync(one.embed({ texts: ["a"] }));
  await two.embed({ texts: ["a"] });
  await Promise.all([one.close(), two.close()]);
  t.deepEqual(second.lines, []);
});

test("a logger neither keeps a process alive nor takes it down", async (t) => {
  const config = { hosts: [{ url: "http://127.0.0.1:9" }] };
  const { code, errors } = await runScript(
    config,
    `let told = 0;
     const warn = () => { told += 1; throw new Error("the logger is broken"); };
     const bridge = new GpuBridge(config, { logger: { info: warn, warn, error: warn } });
     while (!told) await bridge.embed({ texts: ["a"] }).catch(() => undefined);`,
  );
  t.deepEqual([code, errors], [0, ""]);
});

for (const [logger, message] of [
  [7, /`logger.info` is the number 7/],
  [{ info() {}, warn() {} }, /`logger.error` is missing/],
  [{ info() {}, warn() {}, error() {}, debug: 1 }, /`logger.debug` is the number 1/],
]) {
  test(`a logger that is none is refused: ${message.source}`, (t) => {
    t.throws(() => new GpuBridge({ hosts: [] }, { logger }), { code: "invalid_config", message });
  });
}
