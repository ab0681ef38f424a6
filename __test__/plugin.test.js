import test from "ava";
import { configOf, MODEL, startHost, startPair, stopHosts } from "./support/gpu_service.js";
import { openaiHost } from "./support/openai_host.js";
import { entry, gradedAsFailure, manifest, OpenClawHost } from "./support/openclaw_host.js";
import { sentences } from "./support/texts.js";
import { until } from "./support/until.js";

const hosts = await startPair({ env: { GPU_MAX_BATCH_SIZE: "1000" } });
const openclaw = new OpenClawHost(configOf(hosts));
await openclaw.start();
test.after.always(async () => {
  await openclaw.stop();
  await stopHosts(hosts);
});

const NAMES = [
  "gpu_bertscore",
  "gpu_embed",
  "gpu_health",
  "gpu_info",
  "gpu_rerank",
  "gpu_similarity",
  "gpu_status",
];

async function answer(t, name, parameters) {
  const result = await openclaw.invoke(name, parameters);
  t.is(result.content.length, 1);
  t.is(result.content[0].type, "text");
  t.false(gradedAsFailure(result), JSON.stringify(result.details));
  return { json: JSON.parse(result.content[0].text), details: result.details };
}

test("the entry is what definePluginEntry would give back", (t) => {
  t.is(entry.id, manifest.id);
  t.is(typeof entry.name, "string");
  t.is(typeof entry.description, "string");
});

test("each mode gets what it may have", (t) => {
  const registered = (mode) => {
    const host = new OpenClawHost({}, { mode });
    return [[...host.tools.keys()].sort(), host.services.length];
  };
  t.deepEqual(registered("full"), [NAMES, 1]);
  t.deepEqual(registered("discovery"), [NAMES, 0]);
  t.deepEqual(registered("tool-discovery"), [NAMES, 0]);
  t.deepEqual(registered("cli-metadata"), [[], 0]);
  t.deepEqual(registered("setup-only"), [[], 0]);
});

test("registering throws on no config whatsoever", (t) => {
  for (const config of [
    undefined,
    null,
    {},
    5,
    "x",
    { hosts: [] },
    { hosts: "x" },
    { bogus: 1 },
    { url: "no url" },
  ]) {
    t.notThrows(() => new OpenClawHost(config), JSON.stringify(config));
  }
});

test("the manifest names exactly the tools there are", (t) => {
  t.deepEqual([...manifest.contracts.tools].sort(), NAMES);
  t.deepEqual(Object.keys(manifest.toolMetadata).sort(), NAMES);
});

test("every tool shows itself as hosts want it", (t) => {
  for (const tool of openclaw.tools.values()) {
    t.regex(tool.label, /^\S/);
    t.regex(tool.description, /^[A-Z][^\n]+\.$/);
    t.is(tool.parameters.type, "object");
    t.false(tool.parameters.additionalProperties);
    for (const property of Object.values(tool.parameters.properties)) t.regex(property.description, /\S/);
  }
});

test("gpu_health answers with 0.2's fields and every host", async (t) => {
  const { json, details } = await answer(t, "gpu_health", {});
  t.is(json.status, "ok");
  t.is(json.device, "cpu");
  t.is(json.hosts.length, 2);
  t.deepEqual(details, json);
});

test("gpu_info answers with 0.2's fields and every host", async (t) => {
  const { json } = await answer(t, "gpu_info", {});
  for (const field of [
    "device",
    "device_name",
    "vram_total_mb",
    "vram_used_mb",
    "pytorch_version",
    "cuda_version",
  ]) {
    t.true(field in json, field);
  }
  t.true(json.loaded_models.includes(`embed:${MODEL}`));
  t.is(json.hosts.length, 2);
});

test("gpu_status answers with 0.2's fields and every host", async (t) => {
  const { json } = await answer(t, "gpu_status", undefined);
  for (const field of ["max_concurrent", "in_flight", "available_slots", "waiting_estimate"]) {
    t.is(typeof json.queue[field], "number", field);
  }
  t.true(Array.isArray(json.active_jobs));
  t.is(json.hosts.length, 2);
});

test("gpu_bertscore answers with a score for each pair, and the means", async (t) => {
  const { json, details } = await answer(t, "gpu_bertscore", {
    candidates: ["The cat sat on the mat.", "The cat sat on the mat."],
    references: ["A cat was sitting on the mat.", "Revenue rose sharply."],
    lang: "en",
    model: MODEL,
  });
  t.is(json.model, MODEL);
  t.deepEqual([json.precision.length, json.recall.length, json.f1.length], [2, 2, 2]);
  t.true(json.f1[0] > json.f1[1]);
  t.true(Math.abs(json.means.f1 - (json.f1[0] + json.f1[1]) / 2) < 1e-9);
  t.deepEqual(details, json);
});

test("gpu_similarity finds what means the same, and leaves a text's own row out", async (t) => {
  const texts = ["A cat sleeps on the sofa.", "Stocks fell sharply.", "A kitten naps on the couch."];
  const { json, details } = await answer(t, "gpu_similarity", { texts, top_k: 1 });
  t.deepEqual(
    json.matches.map(([{ index }]) => index),
    [2, 2, 0],
  );
  t.true(json.matches[0][0].score > 0.5 && json.matches[1][0].score < 0.3);
  t.deepEqual(details, json);
  const { json: search } = await answer(t, "gpu_similarity", { texts: [texts[2]], against: texts });
  t.is(search.matches[0].length, 3);
  t.deepEqual(search.matches[0][0], { index: 2, score: 1 });
});

test("gpu_similarity refuses what would be too much to read or to work out", async (t) => {
  const many = Array(2001).fill("a");
  for (const [parameters, message] of [
    [{ texts: many }, /10005 matches; up to 10000.*top_k/],
    [{ texts: many, top_k: 1 }, /4004001 pairs; up to 4000000/],
  ]) {
    await t.throwsAsync(openclaw.invoke("gpu_similarity", parameters), { name: "ToolInputError", message });
  }
});

for (const [name, parameters, message] of [
  ["gpu_health", { verbose: true }, "There is no parameter `verbose`; this tool takes none."],
  ["gpu_info", "now", 'The parameters have to be an object, not "now".'],
  ["gpu_embed", {}, "`texts` and `file` are both missing; give one of them."],
  ["gpu_embed", { texts: ["a"], file: "b" }, "`texts` and `file` are both given; give one of them."],
  ["gpu_embed", { texts: ["a"], field: "b" }, '`field` is "b", but there is no `file` to look it up in.'],
  ["gpu_embed", { texts: ["a"], path: "" }, '`path` has to be a string that is not empty, not "".'],
  ["gpu_embed", { texts: ["a"], path: "a.npy" }, /`path` needs a workspace, and this call has none/],
  ["gpu_similarity", { texts: ["a"], top_k: 0 }, "`top_k` has to be a whole number from 1 to 10000, not 0."],
  ["gpu_rerank", { documents: ["a"] }, "The parameter `query` is missing."],
  ["gpu_embed", { text: "a" }, /There is no parameter `text`; this tool takes texts, file, field, model,/],
  ["gpu_embed", { texts: "a" }, '`texts` has to be a list, not "a".'],
  ["gpu_embed", { texts: [] }, "`texts` is empty; give at least one."],
  ["gpu_embed", { texts: ["a", null] }, "`texts[1]` has to be a string, not null."],
  [
    "gpu_embed",
    { texts: ["a"], dimensions: 0 },
    "`dimensions` has to be a whole number of at least 1, not 0.",
  ],
  [
    "gpu_embed",
    { texts: ["a"], output: "all" },
    '`output` has to be one of summary, file, inline, not "all".',
  ],
  ["gpu_embed", { texts: ["a"], model: "no-such/model" }, /no-such\/model|[Mm]odel/],
  ["gpu_embed", { texts: ["x".repeat(10_001)] }, /10001/],
  ["gpu_bertscore", { candidates: ["a"] }, "The parameter `references` is missing."],
  ["gpu_bertscore", { candidates: ["a"], references: ["a", "b"] }, /\S/],
  [
    "gpu_bertscore",
    { candidates: ["a"], references: ["b"], idf: "no" },
    '`idf` has to be true or false, not "no".',
  ],
]) {
  test(`${name} throws a ToolInputError at ${JSON.stringify(parameters).slice(0, 70)}`, async (t) => {
    const error = await t.throwsAsync(openclaw.invoke(name, parameters), { name: "ToolInputError", message });
    t.is(error.cause, undefined); // OpenClaw adds a cause's code to the sentence
  });
}

// Alone, so that every job there is belongs to this call, in however many slices it was sent.
test.serial("a signal ends the call on the host", async (t) => {
  const controller = new AbortController();
  const call = openclaw.invoke("gpu_embed", { texts: sentences(600, 100) }, controller.signal);
  const failed = t.throwsAsync(call, { code: "aborted" });
  const busy = async () => (await answer(t, "gpu_status", {})).json.active_jobs.length > 0;
  await until(busy);
  controller.abort();
  await failed;
  await until(async () => !(await busy()));
});

test.serial("stopping the plugin ends a running call, and its work on the host", async (t) => {
  const host = new OpenClawHost(configOf(hosts));
  await host.start();
  const call = host.invoke("gpu_embed", { texts: sentences(600, 100) });
  const failed = t.throwsAsync(call, { code: "closed" });
  const busy = async () => (await answer(t, "gpu_status", {})).json.active_jobs.length > 0;
  await until(busy);
  await host.stop();
  await failed;
  await until(async () => !(await busy()));
});

test("without a host the tools say what to configure", async (t) => {
  const host = new OpenClawHost(undefined);
  await host.start();
  for (const name of ["gpu_health", "gpu_info", "gpu_status"]) {
    await t.throwsAsync(host.invoke(name, {}), {
      name: "ToolInputError",
      message: /not configured.*plugins\.entries\["openclaw-gpu-bridge"\]\.config/,
    });
  }
  t.deepEqual(host.failures, []);
  await host.stop();
});

test("a config that can't be used is reported by the service and thrown by the tools", async (t) => {
  const host = new OpenClawHost({ hosts: [{ url: "ftp://nowhere" }] });
  await host.start();
  t.is(host.failures.length, 1);
  t.regex(host.failures[0].message, /hosts\[0\]\.url/);
  t.true(host.log.some((line) => line.startsWith("warn") && line.includes("hosts[0].url")));
  await t.throwsAsync(host.invoke("gpu_health", {}), { code: "invalid_config" });
  await host.stop();
});

test("tools work where only tools are loaded, without a service", async (t) => {
  const host = new OpenClawHost(configOf(hosts), { mode: "tool-discovery" });
  const result = await host.invoke("gpu_health", {});
  t.is(result.details.status, "ok");
});

test("stopping and starting again leaves a working plugin", async (t) => {
  const host = new OpenClawHost(configOf(hosts));
  await host.start();
  await host.invoke("gpu_health", {});
  await host.stop();
  await t.throwsAsync(host.invoke("gpu_health", {}), { message: /stopped/ });
  await host.start();
  t.is((await host.invoke("gpu_health", {})).details.status, "ok");
  await host.stop();
});

test("hosts of other engines answer within the tools' schemas", async (t) => {
  const service = await startHost();
  const engine = await openaiHost({ service, model: MODEL, key: "key" });
  const host = new OpenClawHost({ hosts: [{ url: engine.url, protocol: "openai", apiKey: "key" }] });
  await host.start();
  for (const name of ["gpu_health", "gpu_info", "gpu_status"])
    t.false(gradedAsFailure(await host.invoke(name, {})), name);
  const { details } = await host.invoke("gpu_similarity", { texts: ["a cat", "a kitten"], model: MODEL });
  t.is(details.matches[0][0].index, 1);
  await host.stop();
  await engine.close();
  await service.stop();
});

test("one dead host is nested and fails no call", async (t) => {
  const pair = await startPair();
  const host = new OpenClawHost(configOf(pair));
  await host.start();
  await pair[1].stop("SIGKILL");
  const result = await host.invoke("gpu_health", {});
  t.false(gradedAsFailure(result));
  t.is(result.details.status, "ok");
  t.is(typeof result.details.hosts[1].error.message, "string");
  await pair[0].stop();
  await t.throwsAsync(host.invoke("gpu_status", {}), { code: "all_hosts_failed" });
  await host.stop();
});

test("gpu_health names every host and why it can't be reached, also where none can", async (t) => {
  const dead = ["http://127.0.0.1:1", "http://127.0.0.1:9"].map((url, index) => ({
    name: `gpu-${index}`,
    url,
  }));
  const host = new OpenClawHost({ hosts: dead });
  await host.start();
  const result = await host.invoke("gpu_health", {});
  t.true(gradedAsFailure(result));
  t.deepEqual(
    result.details.hosts.map(({ name, url, error }) => [name, url, /reached/.test(error.message)]),
    dead.map(({ name, url }) => [name, url, true]),
  );
  await host.stop();
});

test.serial("a gateway that stops waits for no job", async (t) => {
  const host = new OpenClawHost(configOf(hosts));
  await host.start();
  const texts = sentences(600, 100);
  const { provider } = await host.embedding.create({ model: MODEL });
  const start = () =>
    [
      host.invoke("gpu_embed", { texts }),
      host.invoke("gpu_similarity", { texts }),
      provider.embedBatch(texts),
      provider.embedBatch(texts, { inputType: "query" }),
    ].map((job) => t.throwsAsync(job, { code: "gateway_stopping", message: /^The gateway is stopping/ }));
  const busy = async () => (await answer(t, "gpu_status", {})).json.active_jobs.length > 0;
  const running = start();
  await until(busy);
  host.drain();
  await Promise.all([...running, ...start()]);
  await until(async () => !(await busy()));
  await host.stop();
});
