/** The manifest's schema and the core's reader have to agree on every key: this walks one and asks the other. */
import { readFileSync } from "node:fs";
import test from "ava";
import { GpuBridge, GpuBridgeError } from "../index.js";

const manifest = JSON.parse(readFileSync(new URL("../openclaw.plugin.json", import.meta.url), "utf8"));
/** A name, for some keys need one. */
const URL_EXAMPLE = "http://localhost:9";

async function accepts(config) {
  const bridge = new GpuBridge(config);
  const hosts = bridge.hosts();
  await bridge.close();
  return hosts;
}

function refusal(t, config) {
  return t.throws(() => new GpuBridge(config), { instanceOf: GpuBridgeError });
}

/** A secret is a string to the core; the host resolves what refers to one. */
const plain = ({ anyOf, ...schema }) => ({ ...anyOf?.[0], ...schema });

/** Every property of the schema as `[path, schema, place]`, where `place` builds a config with a value there. */
function walk(schema, path = [], place = (value) => value) {
  return Object.entries(schema.properties).flatMap(([key, given]) => {
    const property = plain(given);
    const here = [...path, key];
    const put = (value) =>
      place({ ...(key !== "url" && schema.required ? { url: URL_EXAMPLE } : {}), [key]: value });
    const nested = property.type === "array" ? property.items : property;
    if (!nested.properties) return [[here.join("."), property, put]];
    const inner = property.type === "array" ? (value) => put([value]) : put;
    return [[here.join("."), property, put], ...walk(nested, here, inner)];
  });
}

function examples(key, schema) {
  // Files that would have to be there and fit; the core's own tests have them. An empty text is none.
  if (key.includes(".tls.")) return [""];
  if (schema.enum) return schema.enum;
  if (schema.type === "string") return [/url/i.test(key) ? URL_EXAMPLE : "text"];
  if (schema.type === "object") return [{}];
  if (schema.type === "array") return [[]];
  return [schema.minimum, schema.maximum, schema.default].filter((value) => value !== undefined);
}

const wrongType = {
  string: 5,
  boolean: "text",
  number: "text",
  integer: "text",
  object: "text",
  array: "text",
};

for (const [path, schema, put] of walk(manifest.configSchema)) {
  test(`the core honours ${path} as the schema has it`, async (t) => {
    for (const value of examples(path, schema))
      await t.notThrowsAsync(accepts(put(value)), JSON.stringify(value));
  });

  test(`the core refuses ${path} of the wrong type, by name`, (t) => {
    const error = refusal(t, put(wrongType[schema.type]));
    t.is(error.code, "invalid_config");
    t.true(error.message.includes(path.split(".").at(-1)), error.message);
  });

  if (schema.enum) {
    test(`the core refuses ${path} beyond the schema's choices`, (t) => {
      const { message } = refusal(t, put("best-effort"));
      t.true(message.includes(path.split(".").at(-1)) && message.includes("best-effort"), message);
    });
  }

  if (schema.minimum !== undefined) {
    test(`the core refuses ${path} out of the schema's range, by name`, (t) => {
      for (const value of [schema.minimum - 0.5, schema.maximum + 1]) {
        t.true(refusal(t, put(value)).message.includes(path.split(".").at(-1)), String(value));
      }
    });
  }
}

/** The core's own list of keys, as it gives it when it meets one that it doesn't know. */
for (const [path, schema, put] of [
  ["", manifest.configSchema, (value) => value],
  ...walk(manifest.configSchema),
]) {
  const nested = schema.type === "array" ? schema.items : schema;
  if (!nested.properties) continue;
  test(`the keys of ${path || "the config"} are the same on both sides`, (t) => {
    t.false(nested.additionalProperties);
    const bad = { ...(nested.required ? { url: URL_EXAMPLE } : {}), bogus: 1 };
    const { message } = refusal(t, put(schema.type === "array" ? [bad] : bad));
    t.true(message.includes("bogus"), message);
    const known = [...message.slice(message.indexOf("expected")).matchAll(/`(\w+)`/g)].map(([, key]) => key);
    t.deepEqual(known.sort(), Object.keys(nested.properties).sort());
  });
}

test("a config of 0.1 is one host", async (t) => {
  for (const key of ["serviceUrl", "url"]) {
    const hosts = await accepts({ [key]: `${URL_EXAMPLE}/`, apiKey: "k", timeout: 45 });
    t.deepEqual(
      hosts.map(({ name, url }) => [name, url.replace(/\/$/, "")]),
      [["gpu-1", URL_EXAMPLE]],
    );
  }
});

test("a config of 0.2 is all of its hosts", async (t) => {
  const hosts = await accepts({
    hosts: [
      { name: "rtx-2080ti", url: "http://gpu-a:8765", apiKey: "gpu-key-1" },
      { url: "http://gpu-b:8765", apiKey: "gpu-key-2" },
    ],
    loadBalancing: "least-busy",
    healthCheckIntervalSeconds: 30,
    timeout: 45,
    apiKey: "fallback",
    models: { embed: "all-MiniLM-L6-v2", bertscore: "microsoft/deberta-xlarge-mnli" },
    limits: { maxBatchSize: 100, maxTextLength: 10000 },
  });
  t.deepEqual(
    hosts.map(({ name }) => name),
    ["rtx-2080ti", "gpu-2"],
  );
});

test("an entry stands for the hosts that a name has", async (t) => {
  const entry = { name: "pool", url: "http://localhost:9", discover: "dns", weight: 2 };
  for (const url of [
    entry.url,
    "https://gpu-pool.ai.svc.cluster.local",
    "http://_gpu._tcp.example.org/gpu",
  ]) {
    t.deepEqual(await accepts({ hosts: [{ ...entry, url }] }), [], "hosts come once they are found");
  }
  const fixed = { url: "http://127.0.0.1:9" };
  const hosts = await accepts({ hosts: [entry, fixed] });
  t.deepEqual(
    hosts.map(({ name }) => name),
    ["gpu-2"],
  );
});

for (const [what, entry, key, word] of [
  ["an address", { url: "http://127.0.0.1:9" }, "hosts[1].url", "needs a name"],
  ["a port beside SRV records", { url: "http://_gpu._tcp.a.example:9" }, "hosts[1].url", "leave out `:9`"],
  ["another kind", { url: "http://a.example", discover: "mdns" }, "hosts[1].discover", "dns"],
  ["an entry twice", { url: "http://first.example" }, "hosts[1].url", "list each host once"],
]) {
  test(`${what} can't be discovered`, (t) => {
    const first = { url: "http://first.example", discover: "dns" };
    const error = refusal(t, { hosts: [first, { discover: "dns", ...entry }] });
    t.is(error.code, "invalid_config");
    t.true(error.message.includes(key) && error.message.includes(word), error.message);
  });
}

test("a call says which name has no hosts", async (t) => {
  const hosts = [{ name: "pool", url: "http://no-such-host.invalid", discover: "dns" }];
  const bridge = new GpuBridge({ hosts });
  const error = await t.throwsAsync(bridge.embed({ texts: ["a"] }, { timeout: 3 }));
  t.true(["dns_failed", "timeout"].includes(error.code), error.code);
  t.regex(error.message, /no-such-host\.invalid.*pool/);
  await bridge.close();
});

test("a config without a host is accepted; calls say what is missing", async (t) => {
  const bridge = new GpuBridge({});
  t.deepEqual(bridge.hosts(), []);
  await t.throwsAsync(bridge.embed({ texts: ["a"] }), { code: "not_configured" });
  await t.throwsAsync(bridge.health(), { code: "not_configured" });
  await bridge.close();
});

const circular = {};
circular.self = circular;

for (const [what, config] of [
  ["nothing", undefined],
  ["null", null],
  ["a string", "http://gpu-1"],
  ["a list", []],
  ["a circle", circular],
]) {
  test(`the constructor refuses ${what}`, (t) => {
    const error = refusal(t, config);
    t.is(error.code, "invalid_config");
    t.regex(error.message, /\.$/s);
  });
}

test("every hint of the manifest belongs to a key of the schema", (t) => {
  const paths = walk(manifest.configSchema).map(([path]) => path);
  for (const hint of Object.keys(manifest.uiHints)) t.true(paths.includes(hint.replace(".*", "")), hint);
});

test("the manifest has the package's version", (t) => {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  t.is(manifest.version, version);
});

for (const [value, word] of [
  [Number.NaN, "the number NaN"],
  [Infinity, "the number Infinity"],
  [5n, "the bigint 5"],
  [() => 5, "a value of type function"],
])
  test(`the constructor refuses ${word} and lets no default take its place`, (t) => {
    for (const config of [{ timeout: value }, { hosts: [{ url: URL_EXAMPLE, weight: value }] }]) {
      const { code, message } = refusal(t, config);
      t.is(code, "invalid_config");
      t.regex(message, new RegExp(`\`(timeout|weight)\` of the config is ${word};`));
    }
  });
