/** Memory search over the hosts: indexed and searched by the real OpenClaw, with a host killed in between. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { MODEL, configOf, startPair, stopHosts } from "../support/gpu_service.js";
import { startGateway } from "../support/gateway.js";

const NOTES = {
  "cats.md": "# Cats\n\nThe kitten sleeps on the warm windowsill all afternoon and purrs when stroked.\n",
  "finance.md": "# Finance\n\nQuarterly revenue fell because interest rates rose and customers saved more.\n",
  "network.md": "# Network\n\nThe switch in the cellar drops packets whenever the heating starts.\n",
};

const hosts = await startPair();
const gateway = await startGateway(configOf(hosts), {
  config: {
    memory: { search: { provider: "gpu-bridge", model: MODEL } },
    gateway: { http: { endpoints: { chatCompletions: { enabled: true } } } },
  },
});
test.after.always(async () => {
  await gateway.remove();
  await stopHosts(hosts);
});

function writeNotes(notes) {
  const folder = join(gateway.home.workspace, "memory");
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(notes)) writeFileSync(join(folder, name), text);
}

const search = async (query) => {
  const { results } = await gateway.home.must("memory", "search", query, "--json");
  return results[0]?.path;
};

test.serial("openclaw memory index and search go through the hosts", async (t) => {
  writeNotes(NOTES);
  await gateway.home.must("memory", "index", "--force");
  t.is(await search("a young feline that naps"), "memory/cats.md");
  t.is(await search("our revenue dropped last quarter"), "memory/finance.md");
});

test.serial("infer embedding create and /v1/embeddings give the hosts' vectors", async (t) => {
  const text = "A cat sleeps.";
  const inferred = await gateway.home.must(
    ...["infer", "embedding", "create", "--text", text, "--model", `gpu-bridge/${MODEL}`, "--json"],
  );
  const response = await gateway.fetch("/v1/embeddings", {
    method: "POST",
    headers: { "content-type": "application/json", "x-openclaw-model": `gpu-bridge/${MODEL}` },
    body: JSON.stringify({ model: "openclaw/default", input: [text] }),
  });
  const body = await response.json();
  t.is(response.status, 200, JSON.stringify(body));
  const served = body.data[0].embedding;
  t.is(served.length, 384);
  const [vector] = inferred.outputs.map(({ embedding }) => embedding);
  t.true(Math.max(...served.map((value, index) => Math.abs(value - vector[index]))) < 1e-6);
});

test.serial("with a host killed, new notes are indexed and found all the same", async (t) => {
  await hosts[0].stop();
  writeNotes({
    "garden.md": "# Garden\n\nTomatoes ripen late this year; the basil next to them was eaten by snails.\n",
  });
  await gateway.home.must("memory", "index");
  t.is(await search("snails ate the herbs"), "memory/garden.md");
  t.is(await search("a young feline that naps"), "memory/cats.md");
});
