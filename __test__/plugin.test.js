import test from "ava";
import { configOf, MODEL, startPair, stopHosts } from "./support/gpu_service.js";
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

const NAMES = ["gpu_bertscore", "gpu_embed", "gpu_health", "gpu_info", "gpu_status"];

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

test("gpu_embed shows a few vectors, in 0.2's shape", async (t) => {
  const { json, details } = await answer(t, "gpu_embed", { texts: ["one", "two"], model: MODEL });
  t.is(json.embeddings.length, 2);
  t.is(json.embeddings[0].length, 384);
  t.deepEqual([json.model, json.dimensions, json.count], [MODEL, 384, 2]);
  t.false("embeddings" in details);
  t.is(details.count, 2);
});

test("gpu_embed writes numbers as short as they can be without a change", async (t) => {
  const [text, bridged] = await Promise.all([
    openclaw.invoke("gpu_embed", { texts: ["short numbers"] }).then(({ content }) => content[0].text),
    answer(t, "gpu_embed", { texts: ["short numbers"], output: "inline" }),
  ]);
  const [row] = JSON.parse(text).embeddings;
  t.deepEqual(bridged.json.embeddings[0], row);
  t.true(text.length < 384 * 14);
  t.true(row.every((number) => String(number).replace(/^-?0?\.?0*/, "").length <= 13));
});

test("gpu_embed sums many vectors up unless asked for all", async (t) => {
  const texts = sentences(20, 4);
  const summary = await answer(t, "gpu_embed", { texts });
  t.false("embeddings" in summary.json);
  t.is(summary.json.count, 20);
  t.regex(summary.json.note, /7680 numbers.*inline/);
  const inline = await answer(t, "gpu_embed", { texts, output: "inline" });
  t.is(inline.json.embeddings.length, 20);
  const quiet = await answer(t, "gpu_embed", { texts: ["one"], output: "summary", dimensions: 8 });
  t.false("embeddings" in quiet.json);
  t.is(quiet.json.dimensions, 8);
});

for (const [name, parameters, message] of [
  ["gpu_health", { verbose: true }, "There is no parameter `verbose`; this tool takes none."],
  ["gpu_info", "now", 'The parameters have to be an object, not "now".'],
  ["gpu_embed", {}, "The parameter `texts` is missing."],
  [
    "gpu_embed",
    { text: "a" },
    /There is no parameter `text`; this tool takes texts, model, dimensions, output\./,
  ],
  ["gpu_embed", { texts: "a" }, '`texts` has to be a list, not "a".'],
  ["gpu_embed", { texts: [] }, "`texts` is empty; give at least one."],
  ["gpu_embed", { texts: ["a", null] }, "`texts[1]` has to be a string, not null."],
  [
    "gpu_embed",
    { texts: ["a"], dimensions: 0 },
    "`dimensions` has to be a whole number of at least 1, not 0.",
  ],
  ["gpu_embed", { texts: ["a"], output: "file" }, '`output` has to be one of summary, inline, not "file".'],
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
    await t.throwsAsync(openclaw.invoke(name, parameters), { name: "ToolInputError", message });
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

test("without a host the tools say what to configure", async (t) => {
  const host = new OpenClawHost(undefined);
  await host.start();
  for (const name of NAMES.filter((name) => !/bertscore|embed/.test(name))) {
    await t.throwsAsync(host.invoke(name, {}), {
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

test("many loads of the plugin share one image of the addon", async (t) => {
  if (process.platform !== "linux") return t.pass();
  const { readFileSync } = await import("node:fs");
  for (let load = 0; load < 5; load += 1) {
    const host = new OpenClawHost(configOf(hosts));
    await host.start();
    await host.stop();
  }
  const maps = readFileSync("/proc/self/maps", "utf8").split("\n");
  t.is(
    new Set(maps.filter((line) => line.endsWith(".node")).map((line) => line.split(/\s+/).at(-1))).size,
    1,
  );
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
