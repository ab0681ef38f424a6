/** Where gpu_embed puts vectors and takes texts from, and that nothing leads it out of the workspace. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { configOf, MODEL, startPair, stopHosts } from "./support/gpu_service.js";
import { OpenClawHost } from "./support/openclaw_host.js";
import { sentences } from "./support/texts.js";
import { temporaryFolder } from "./support/temporary.js";

const hosts = await startPair({ env: { GPU_MAX_BATCH_SIZE: "1000" } });
const folder = temporaryFolder("workspace-");
const workspaceDir = join(folder, "workspace");
const openclaw = new OpenClawHost(configOf(hosts), { workspaceDir });
await openclaw.start();
test.after.always(async () => {
  await openclaw.stop();
  await stopHosts(hosts);
});

const within = (...parts) => join(workspaceDir, ...parts);

async function embed(parameters, onUpdate) {
  const { content, details } = await openclaw.invoke("gpu_embed", parameters, undefined, onUpdate);
  return { json: JSON.parse(content[0].text), details, text: content[0].text };
}

/** The numbers of an `.npy` file, which stand at its end. */
function npyNumbers(path, count) {
  const bytes = readFileSync(path);
  if (bytes.toString("latin1", 0, 6) !== "\x93NUMPY") throw new Error(`${path} is no .npy.`);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset + bytes.length - 4 * count));
}

test.serial("a few vectors are shown in 0.2's shape, in numbers as short as they can be", async (t) => {
  const { json, details, text } = await embed({ texts: ["one", "two"], model: MODEL });
  t.deepEqual([json.model, json.dimensions, json.count, json.output], [MODEL, 384, 2, "inline"]);
  t.deepEqual([json.embeddings.length, json.embeddings[0].length], [2, 384]);
  t.true(text.length < 2 * 384 * 14);
  t.false("embeddings" in details);
});

test.serial("many vectors are summed up unless they are asked for, and too many are refused", async (t) => {
  const texts = sentences(20, 4);
  const { json } = await embed({ texts });
  t.false("embeddings" in json);
  t.deepEqual([json.count, json.output], [20, "summary"]);
  t.regex(json.note, /7680 numbers.*"file"/);
  t.is((await embed({ texts, output: "inline" })).json.embeddings.length, 20);
  await t.throwsAsync(embed({ texts: sentences(171, 2), output: "inline" }), {
    name: "ToolInputError",
    message: /65664 numbers; up to 65536 are shown.*"file"/,
  });
  const quiet = await embed({ texts: ["one"], output: "summary", dimensions: 8 });
  t.deepEqual([quiet.json.dimensions, quiet.json.output, "embeddings" in quiet.json], [8, "summary", false]);
});

test.serial("a file of texts becomes a file of vectors, row for line, over several calls", async (t) => {
  const texts = sentences(2100, 3);
  mkdirSync(within("data"), { recursive: true });
  writeFileSync(within("data", "texts.txt"), `${texts.join("\n")}\n`);
  const seen = [];
  const { json, details } = await embed({ file: "data/texts.txt", path: "out/vectors.npy" }, ({ details }) =>
    seen.push(details),
  );
  t.deepEqual(details, json);
  t.deepEqual([json.count, json.output, json.path, json.format], [2100, "file", "out/vectors.npy", "npy"]);
  const numbers = npyNumbers(within("out", "vectors.npy"), 2100 * 384);
  const last = await embed({ texts: [texts[2099]] });
  const row = numbers.subarray(2099 * 384);
  t.true(last.json.embeddings[0].every((number, at) => Math.abs(number - row[at]) < 1e-5));
  t.true(seen.length > 1 && seen.length <= 20);
  t.deepEqual([seen.at(-1).done, seen.at(-1).total], [2100, 2100]);
  t.deepEqual(readdirSync(within("out")), ["vectors.npy"]);
});

test.serial("JSON lines hold texts in a field, and a line that doesn't is named", async (t) => {
  mkdirSync(workspaceDir, { recursive: true });
  writeFileSync(within("rows.jsonl"), '{"id":1,"body":"one"}\n"two"\n');
  const { json } = await embed({ file: "rows.jsonl", field: "body", path: "rows.safetensors" });
  t.deepEqual([json.count, json.format], [2, "safetensors"]);
  await t.throwsAsync(embed({ file: "rows.jsonl" }), {
    name: "ToolInputError",
    message: /Line 1 of "rows\.jsonl" holds no text.*"text".*`field`/,
  });
});

test.serial("the same call writes the same file again, and never over something else", async (t) => {
  const first = await embed({ texts: ["again"], output: "file", format: "jsonl" });
  const second = await embed({ texts: ["again"], format: "jsonl" });
  t.is(first.json.path, second.json.path);
  t.regex(first.json.path, /^gpu-embeddings\/[0-9a-f]{16}\.jsonl$/);
  t.is(JSON.parse(readFileSync(within(first.json.path), "utf8")).embedding.length, 384);
  writeFileSync(within("notes.jsonl"), '{"note":"mine"}\n');
  await t.throwsAsync(embed({ texts: ["x"], path: "notes.jsonl" }), {
    name: "ToolInputError",
    message: /"notes\.jsonl", where a file other than vectors is/,
  });
  t.is(readFileSync(within("notes.jsonl"), "utf8"), '{"note":"mine"}\n');
});

test.serial("nothing leads out of the workspace", async (t) => {
  mkdirSync(join(folder, "outside"), { recursive: true });
  writeFileSync(join(folder, "outside", "secret.txt"), "secret\n");
  mkdirSync(workspaceDir, { recursive: true });
  symlinkSync(join(folder, "outside"), within("door"));
  symlinkSync(join(folder, "outside", "new.npy"), within("window.npy"));
  symlinkSync(join(folder, "outside", "part"), within("back.npy.part"));
  symlinkSync(join(folder, "nowhere"), within("dangling"));
  for (const parameters of [
    { file: "../outside/secret.txt" },
    { file: "door/secret.txt" },
    { file: join(folder, "outside", "secret.txt") },
    { file: "/etc/passwd" },
    { file: "no-such.txt" },
    { file: "." },
    { texts: ["x"], path: "../outside/a.npy" },
    { texts: ["x"], path: "door/a.npy" },
    { texts: ["x"], path: "window.npy" },
    { texts: ["x"], path: "back.npy" },
    { texts: ["x"], path: join(folder, "outside", "a.npy") },
  ]) {
    const error = await t.throwsAsync(
      embed(parameters),
      { name: "ToolInputError" },
      JSON.stringify(parameters),
    );
    t.regex(error.message, /Name a file in the workspace/);
  }
  await t.throwsAsync(embed({ texts: ["x"], path: "dangling/a.npy" }));
  t.deepEqual(readdirSync(join(folder, "outside")), ["secret.txt"]);
  t.false(existsSync(join(folder, "nowhere")));
  t.is((await embed({ texts: ["x"], path: within("inside.npy") })).json.count, 1);
});

test.serial(
  "a path that the system refuses is the caller's to mend, and its sentence shows no real path",
  async (t) => {
    mkdirSync(workspaceDir, { recursive: true });
    writeFileSync(within("file"), "text");
    for (const [path, message] of [
      ["a\0.npy", /holds a character that no path can/],
      [`${"a".repeat(300)}.npy`, /can't be used \(ENAMETOOLONG: name too long\)/],
      ["file/a.npy", /can't be used \(E[A-Z]+: /],
      ["file/deeper/a.npy", /can't be used \(E[A-Z]+: /],
    ]) {
      const error = await t.throwsAsync(embed({ texts: ["x"], path }), { name: "ToolInputError", message });
      t.false(error.message.includes(folder));
    }
  },
);

test.serial("a file that isn't text is refused", async (t) => {
  mkdirSync(workspaceDir, { recursive: true });
  writeFileSync(within("utf16.txt"), Buffer.from("\ufefftext\n", "utf16le"));
  await t.throwsAsync(embed({ file: "utf16.txt" }), {
    name: "ToolInputError",
    message: '`file` is "utf16.txt", which isn\'t text in UTF-8.',
  });
});

test.serial("two calls never write one file at a time", async (t) => {
  const write = (texts) => embed({ texts, path: "shared.npy" });
  const calls = await Promise.allSettled([write(["one"]), write(["two"])]);
  const [winner, loser] = calls.sort((a, b) => Number("reason" in a) - Number("reason" in b));
  t.is(winner.value.json.count, 1);
  t.regex(loser.reason.message, /^`path` is "shared\.npy", which another call is writing\./);
  t.is(loser.reason.name, "ToolInputError");
  npyNumbers(within("shared.npy"), 384);
  t.is((await write(["two", "three"])).json.count, 2);
  await t.throwsAsync(embed({ texts: ["x"], path: "shared.npy", model: "no-such/model" }));
  t.is((await write(["again"])).json.count, 1);
});

test.serial("path, format and output have to agree", async (t) => {
  for (const [parameters, message] of [
    [{ path: "a.csv" }, /"a\.csv"; vectors need a path that ends in \.npy, \.safetensors, \.jsonl\.$/],
    [{ path: "a.npy", format: "jsonl" }, /"a\.npy"; vectors need a path that ends in \.jsonl\.$/],
    [{ path: "a.npy", output: "inline" }, /`output` is "inline", but/],
    [{ format: "csv" }, /`format` has to be one of npy, safetensors, jsonl, not "csv"/],
  ]) {
    await t.throwsAsync(embed({ texts: ["x"], ...parameters }), { name: "ToolInputError", message });
  }
});

test.serial("a call that fails leaves no half file behind", async (t) => {
  await t.throwsAsync(embed({ texts: ["x"], model: "no-such/model", path: "failed.npy" }));
  t.deepEqual(
    readdirSync(workspaceDir).filter((name) => name.startsWith("failed")),
    [],
  );
});
