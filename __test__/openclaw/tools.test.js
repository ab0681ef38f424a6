/**
 * The tools as a gateway serves them, from the packed archive and with keys that stand nowhere in the config: over
 * HTTP, where parameters arrive unchecked, as a gateway method, and in the turn of an agent.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import test from "ava";
import { models } from "../../scripts/run/paths.mjs";
import { readGolden, writeModel } from "../support/cross_encoder.js";
import { startGateway } from "../support/gateway.js";
import { configOf, MODEL, startPair, stopHosts } from "../support/gpu_service.js";
import { ScriptedModel } from "../support/scripted_model.js";

const RERANKER = "tiny/reranker";
const reranker = writeModel(readGolden("bert"), RERANKER);
const hosts = await startPair({
  env: {
    GPU_MODEL_PATH: [reranker.folder, process.env.GPU_MODEL_PATH ?? models].join(delimiter),
    MODEL_RERANK: RERANKER,
  },
});
const model = await ScriptedModel.start();

const config = configOf(hosts);
config.hosts[0].apiKey = "${FIRST_KEY}";
config.hosts[1].apiKey = { source: "env", provider: "default", id: "SECOND_KEY" };
const gateway = await startGateway(config, {
  config: model.config,
  env: { FIRST_KEY: hosts[0].key, SECOND_KEY: hosts[1].key },
});
const { workspace } = gateway.home;
test.after.always(async () => {
  await gateway.remove();
  model.stop();
  await stopHosts(hosts);
  reranker.remove();
});

const SCORED = { candidates: ["It rains."], references: ["Rain is falling."], model: MODEL };
const ANIMALS = ["A cat sleeps.", "Stocks fell.", "A kitten naps."];

/** Every tool, what it is asked, and what has to be true of its details. */
const CALLS = {
  gpu_health: [{}, ({ status, hosts }) => status === "ok" && hosts.every((host) => host.status === "ok")],
  gpu_info: [{}, ({ hosts }) => hosts.every(({ loaded_models }) => loaded_models.includes(`embed:${MODEL}`))],
  gpu_status: [{}, ({ queue, hosts }) => queue.max_concurrent > 0 && hosts.every(({ error }) => !error)],
  gpu_bertscore: [SCORED, ({ f1, means }) => f1.length === 1 && means.f1 === f1[0] && f1[0] > 0.5],
  gpu_embed: [{ texts: ["one", "two"] }, ({ count, dimensions }) => count === 2 && dimensions === 384],
  gpu_rerank: [{ query: "cat", documents: ANIMALS, top_n: 2 }, ({ results }) => results.length === 2],
  gpu_similarity: [{ texts: ANIMALS, top_k: 1 }, ({ matches }) => matches[0][0].index === 2],
};

for (const [name, [args, holds]] of Object.entries(CALLS)) {
  test.serial(`${name} answers over HTTP`, async (t) => {
    const { status, body } = await gateway.invoke(name, args);
    t.is(status, 200, JSON.stringify(body));
    t.true(holds(body.result.details), JSON.stringify(body));
  });

  test.serial(`${name} answers as a gateway method`, async (t) => {
    const { ok, output } = await gateway.rpc("tools.invoke", { name, args });
    t.true(ok);
    t.true(holds(output.details), JSON.stringify(output));
  });
}

for (const [name, args, message] of [
  ["gpu_embed", { texts: "one" }, '`texts` has to be a list, not "one".'],
  ["gpu_embed", { texts: ["one"], path: "../out.npy" }, /"\.\.\/out\.npy", which leads out of the workspace/],
  ["gpu_embed", { texts: ["one"], model: "no-such/model" }, /no-such\/model/],
  ["gpu_bertscore", { candidates: ["a"], references: [] }, "`references` is empty; give at least one."],
  [
    "gpu_similarity",
    { texts: ["a"], top_k: "all" },
    /`top_k` has to be a whole number from 1 to 10000, not "all"/,
  ],
  ["gpu_rerank", { documents: ["a"] }, "The parameter `query` is missing."],
  ["gpu_health", { host: "gpu-1" }, "There is no parameter `host`; this tool takes none."],
]) {
  test.serial(`${name} answers 400 and says why at ${JSON.stringify(args)}`, async (t) => {
    const { status, body } = await gateway.invoke(name, args);
    t.is(status, 400);
    t[message instanceof RegExp ? "regex" : "is"](body.error.message, message);
  });
}

test.serial("gpu_embed reads texts from the agent's workspace and writes vectors there", async (t) => {
  writeFileSync(join(workspace, "texts.txt"), "one\ntwo\nthree\n");
  const { body } = await gateway.invoke("gpu_embed", { file: "texts.txt", path: "vectors/three.npy" });
  t.is(body.result.details.count, 3);
  const bytes = readFileSync(join(workspace, "vectors", "three.npy"));
  t.is(bytes.length, body.result.details.bytes);
  t.true(bytes.toString("latin1", 0, 128).includes("(3, 384)"));
});

test.serial(
  "OpenClaw's commands have the keys that the config refers to, and say which one is missing",
  async (t) => {
    const { home } = gateway;
    const { code, stdout, stderr } = await home.openclaw("gpu", "status", "--json");
    t.is(code, 0, stderr);
    t.regex(stdout, /"gpu-1"[^]*"gpu-2"/);
    const create = [
      "infer",
      "embedding",
      "create",
      "--text",
      "x",
      "--model",
      `gpu-bridge/${MODEL}`,
      "--json",
    ];
    t.is((await home.must(...create)).outputs[0].embedding.length, 384);
    const { FIRST_KEY, SECOND_KEY, ...bare } = home.env;
    home.env = { ...bare, FIRST_KEY };
    const missing = await home.openclaw("gpu", "status");
    home.env = { ...bare, FIRST_KEY, SECOND_KEY };
    t.regex(missing.stderr, /^gpu-bridge: .*hosts\[1\]\.apiKey.*SECOND_KEY/m);
  },
);

test.serial("an agent finds the tools, calls them, and is shown no vectors", async (t) => {
  model.script = [
    { tool: "gpu_embed", args: { texts: ANIMALS, path: "turn.safetensors" } },
    { tool: "gpu_bertscore", args: SCORED },
    { text: "The vectors are in turn.safetensors." },
  ];
  const turn = ["--agent", "main", "--session-id", "tools", "--message", "Embed and score.", "--json"];
  const { status, result } = await gateway.home.must("agent", ...turn);
  t.is(status, "ok");
  t.is(result.payloads[0].text, "The vectors are in turn.safetensors.");
  const prompt = JSON.stringify(model.requests[0].messages);
  for (const name of Object.keys(CALLS)) t.true(prompt.includes(`${name} (openclaw-gpu-bridge)`), name);
  t.true(prompt.includes("gpu-bridge</name>"), "the skill");
  const [embedded, scored] = model.toolResults.map((text) => JSON.parse(text).result.details);
  t.deepEqual([embedded.count, embedded.path, embedded.format], [3, "turn.safetensors", "safetensors"]);
  t.true(scored.means.f1 > 0.5);
  t.true(readFileSync(join(workspace, "turn.safetensors")).length === embedded.bytes);
});

test.serial("the keys stand nowhere in the config or the log", (t) => {
  const written = JSON.stringify(gateway.home.readConfig()) + gateway.log.join("\n");
  for (const { key } of hosts) t.false(written.includes(key));
});
