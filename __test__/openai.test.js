/** A host of another engine gives the same vectors as gpu-service, for here one stands behind it. */
import test from "ava";
import { GpuBridge } from "../index.js";
import { MODEL, startHost } from "./support/gpu_service.js";
import { openaiHost } from "./support/openai_host.js";

const KEY = "engine-key";
const TEXTS = ["A cat sleeps.", "Ein Hund bellt.", "", "猫が寝ている。 ".repeat(40)];

const service = await startHost();
const engine = await openaiHost({ service, model: MODEL, key: KEY });
const entry = { url: engine.url, name: "engine", protocol: "openai", apiKey: KEY };
const native = new GpuBridge({ hosts: [{ url: service.url }] });
const other = new GpuBridge({ hosts: [entry] });
test.after.always(async () => {
  await Promise.all([native.close(), other.close(), engine.close()]);
  await service.stop();
});

test("its vectors equal the native ones, number for number", async (t) => {
  for (const options of [{}, { dimensions: 128 }]) {
    const [expected, actual] = await Promise.all(
      [native, other].map((bridge) => bridge.embed({ texts: TEXTS, ...options })),
    );
    t.deepEqual(actual.vectors, expected.vectors);
    t.deepEqual(
      [actual.dimensions, actual.model, actual.usage],
      [expected.dimensions, MODEL, expected.usage],
    );
    t.deepEqual(actual.truncated, []);
  }
  const asked = engine.seen.filter(({ path }) => path === "/v1/embeddings");
  t.true(asked.length > 0 && asked.every(({ body }) => body.encoding_format === "base64"));
});

test("it is shown for what it is", async (t) => {
  const { status, hosts } = await other.health();
  t.deepEqual([status, hosts[0].name, hosts[0].device], ["ok", "engine", "unknown"]);
  t.deepEqual((await other.info()).loaded_models, [`embed:${MODEL}`]);
  t.deepEqual((await other.status()).active_jobs, []);
  const [snapshot] = other.hosts();
  t.deepEqual([snapshot.protocol, snapshot.health], ["openai", "healthy"]);
});

test("it is never asked for what gpu-service alone can do", async (t) => {
  const pairs = { candidates: ["It rains."], references: ["Rain is falling."] };
  const error = await t.throwsAsync(other.bertscore(pairs), { code: "not_configured" });
  t.regex(error.message, /BERTScore/);
  const both = new GpuBridge({ hosts: [entry, { url: service.url }], models: { embed: MODEL } });
  t.is((await both.bertscore(pairs)).f1.length, 1);
  await both.close();
  t.true(engine.seen.every(({ path }) => path.startsWith("/v1/")));
});

test("a wrong key is refused as ever", async (t) => {
  const locked = new GpuBridge({ hosts: [{ ...entry, apiKey: "wrong" }] });
  await t.throwsAsync(locked.embed({ texts: ["a"] }), { code: "unauthorized" });
  await locked.close();
});
