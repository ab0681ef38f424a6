/** The plugin's pure parts: which hosts are out, the nearest vectors, details cut to their schema, old configs. */
import { getEventListeners } from "node:events";
import Ajv from "ajv";
import test from "ava";
import { nearest } from "../dist/cosine.js";
import { Drain } from "../dist/drain.js";
import { legacyConfigRules, normalizeCompatibilityConfig } from "../dist/doctor-contract-api.js";
import { OutageRecord } from "../dist/outage.js";
import { withKeys } from "../dist/keys.js";
import { list, number, object, project, string } from "../dist/output_schema.js";
import { manifest } from "./support/openclaw_host.js";

const host = (name, health, lastError) => ({ name, health, ...(lastError && { lastError }) });
const at = (minute) => new Date(Date.UTC(2026, 0, 1, 12, minute));

test("an outage says which hosts, since when and why, until all are back", (t) => {
  const record = new OutageRecord();
  t.is(record.look([host("a", "unknown"), host("b", "healthy")], at(0)), undefined);
  const refused = "connection refused";
  t.is(
    record.look([host("a", "unhealthy", refused), host("b", "healthy")], at(1)),
    "1 of 2 GPU hosts is out: a is unhealthy since 2026-01-01T12:01:00Z (connection refused)",
  );
  t.is(
    record.look([host("a", "unhealthy", refused), host("b", "unauthorized")], at(2)),
    "2 of 2 GPU hosts are out: a is unhealthy since 2026-01-01T12:01:00Z (connection refused); b is unauthorized since 2026-01-01T12:02:00Z",
  );
  t.is(record.look([host("a", "healthy"), host("b", "parked")], at(3)), undefined);
  t.regex(record.look([host("a", "unhealthy")], at(4)), /since 2026-01-01T12:04:00Z/);
});

test("keys that the config refers to are looked up, and one that can't be had is an error", async (t) => {
  const asked = [];
  const secret = { source: "env", provider: "default", id: "KEY" };
  const lookup = async (reference, path) => {
    asked.push([reference, path]);
    return path.endsWith("hosts[2].apiKey") ? { unresolvedRefReason: "It is not set." } : { value: "found" };
  };
  const hosts = [
    { url: "a", apiKey: secret },
    { url: "b", apiKey: "plain" },
  ];
  t.deepEqual(await withKeys({ apiKey: "${KEY}", hosts, timeout: 1 }, lookup), {
    apiKey: "found",
    hosts: [{ url: "a", apiKey: "found" }, hosts[1]],
    timeout: 1,
  });
  const place = "plugins.entries.openclaw-gpu-bridge.config";
  t.deepEqual(
    asked.toSorted(([, a], [, b]) => a.length - b.length),
    [
      ["${KEY}", `${place}.apiKey`],
      [secret, `${place}.hosts[0].apiKey`],
    ],
  );
  await t.throwsAsync(withKeys({ hosts: [...hosts, { url: "c", apiKey: secret }] }, lookup), {
    code: "not_configured",
    message: "It is not set.",
  });
  t.deepEqual(await withKeys({ url: "a" }, lookup), { url: "a" });
});

/** The slow and obvious way. */
function ranked(queries, keys, dimensions, skipSelf) {
  const rows = (vectors) =>
    Array.from({ length: vectors.length / dimensions }, (_, row) =>
      Array.from(vectors.subarray(row * dimensions, (row + 1) * dimensions)),
    );
  const dot = (a, b) => a.reduce((sum, number, at) => sum + number * b[at], 0);
  const cosine = (a, b) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)) || 0;
  return rows(queries).map((query, row) =>
    rows(keys)
      .map((key, index) => ({ index, score: cosine(query, key) }))
      .filter(({ index }) => !(skipSelf && index === row))
      .sort((a, b) => b.score - a.score || a.index - b.index),
  );
}

test("the nearest are those of the obvious way, ties in order", async (t) => {
  let state = 7;
  const next = () => ((state = (state * 48271) % 2147483647) % 5) - 2;
  const vectors = Float32Array.from({ length: 40 * 3 }, next);
  const matrix = { vectors, dimensions: 3 };
  for (const [most, skipSelf] of [
    [4, false],
    [4, true],
    [100, true],
  ]) {
    const expected = ranked(vectors, vectors, 3, skipSelf);
    const found = await nearest(matrix, matrix, { most, skipSelf });
    for (const [row, matches] of found.entries()) {
      t.is(matches.length, Math.min(most, skipSelf ? 39 : 40));
      for (const [place, { score }] of matches.entries())
        t.true(Math.abs(score - expected[row][place].score) < 1e-9);
      const tied = (a, b) => a && b && a.score === b.score;
      matches.forEach((match, place) => {
        if (tied(match, matches[place + 1])) t.true(match.index < matches[place + 1].index);
      });
    }
  }
});

test("a search that nobody waits for any more ends", async (t) => {
  const signal = AbortSignal.abort(new Error("gone"));
  const matrix = { vectors: new Float32Array(4), dimensions: 2 };
  await t.throwsAsync(nearest(matrix, matrix, { most: 1, skipSelf: false, signal }), { message: "gone" });
});

const aborted = (signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(signal)));

test("a gateway that stops gives running and new calls a moment, and then ends them", async (t) => {
  const work = setInterval(() => {}, 1000); // What a plugin waits for doesn't keep a gateway; this does.
  t.teardown(() => clearInterval(work));
  const drain = new Drain();
  const gateway = new AbortController();
  drain.follow(gateway.signal);
  const [caller, ended] = [new AbortController(), drain.signal()];
  const own = drain.signal(caller.signal);
  caller.abort(new Error("gone"));
  t.deepEqual([own.reason.message, ended.aborted], ["gone", false]);
  gateway.abort();
  const late = drain.signal(new AbortController().signal);
  t.deepEqual([ended.aborted, late.aborted], [false, false]);
  for (const { reason } of await Promise.all([aborted(ended), aborted(late)]))
    t.is(reason.code, "gateway_stopping");
});

test("a plugin that was replaced no longer listens to the gateway", (t) => {
  const drain = new Drain();
  const gateway = new AbortController();
  drain.follow(gateway.signal);
  drain.stop();
  t.is(getEventListeners(gateway.signal, "abort").length, 0);
});

test("details are cut to their schema", (t) => {
  const schema = object({ name: string, "size?": number, parts: list(object({ id: string })) });
  const cut = project(schema, { name: "a", more: 1, parts: [{ id: "b", secret: 2 }] });
  t.deepEqual(cut, { name: "a", parts: [{ id: "b" }] });
  t.true(new Ajv().validate(schema, cut));
});

const normalize = (plugins) => normalizeCompatibilityConfig({ cfg: { gateway: { port: 1 }, plugins } });
const configOf = ({ config }) => config.plugins.entries["openclaw-gpu-bridge"].config;
const OLD_NAME = "@elvatis_com/openclaw-gpu-bridge";
const hosts = [{ url: "http://a:1" }];

test("configs of 0.1 and 0.2 get today's form, with a sentence on each change", (t) => {
  const entry = (config) => ({ entries: { "openclaw-gpu-bridge": { enabled: true, config } } });
  for (const [plugins, config, changes] of [
    [{ [OLD_NAME]: { hosts, timeout: 9 } }, { hosts, timeout: 9 }, [/^Moved/]],
    [{ [OLD_NAME]: { enabled: true, config: { hosts } } }, { hosts }, [/^Moved/]],
    [{ entries: { [OLD_NAME]: { config: { hosts } } } }, { hosts }, [/^Moved/]],
    [{ [OLD_NAME]: { url: "http://a:1" } }, { hosts }, [/^Moved/, /url into/]],
    [entry({ serviceUrl: "http://a:1", apiKey: "k" }), { hosts, apiKey: "k" }, [/serviceUrl into/]],
    [entry({ url: "http://b:1", hosts }), { hosts }, [/^Removed url/]],
    [entry({ url: "http://b:1", serviceUrl: "http://a:1" }), { hosts }, [/serviceUrl into/]],
    [entry({ url: "http://a:1", serviceUrl: "" }), { hosts }, [/url into/]],
    [entry({ serviceUrl: "", timeout: 9 }), { timeout: 9 }, [/^Removed serviceUrl .* names no host/]],
    [{ [OLD_NAME]: { timeout: 5 }, ...entry({ hosts, timeout: 9 }) }, { hosts, timeout: 9 }, [/^Moved/]],
  ]) {
    const given = structuredClone(plugins);
    const migrated = normalize(plugins);
    t.deepEqual(configOf(migrated), config);
    t.is(migrated.changes.length, changes.length);
    changes.forEach((pattern, index) => t.regex(migrated.changes[index], pattern));
    t.false(OLD_NAME in migrated.config.plugins || OLD_NAME in migrated.config.plugins.entries);
    t.deepEqual(plugins, given);
    t.deepEqual(normalize(migrated.config.plugins).changes, []);
    t.true(new Ajv({ strict: false }).validate(manifest.configSchema, configOf(migrated)));
  }
});

test("what is of today is left alone", (t) => {
  for (const plugins of [
    undefined,
    {},
    { entries: {} },
    { entries: { "openclaw-gpu-bridge": { config: { hosts } } } },
  ]) {
    const { config, changes } = normalize(plugins);
    t.deepEqual(config, { gateway: { port: 1 }, plugins });
    t.deepEqual(changes, []);
  }
});

test("every rule of the doctor says what to run", (t) => {
  t.is(legacyConfigRules.length, 4);
  for (const { path, message } of legacyConfigRules) {
    t.is(path[0], "plugins");
    t.regex(message, /openclaw doctor --fix/);
  }
});
