/** `gpu-bridge embed` against real hosts: what it reads, what it writes, and that a run can be cut at any point. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import test from "ava";
import { GpuBridge } from "../index.js";
import { runCli, startCli, workFolder } from "./support/cli.js";
import { configOf, MODEL, startHost, startPair, stopHosts } from "./support/gpu_service.js";
import { AWKWARD, sentences } from "./support/texts.js";
import { until } from "./support/until.js";
import { floats, readJsonLines, readNpy, readSafetensors } from "./support/vectors.js";

const hosts = await startPair();
const work = workFolder(hosts);
const bridge = new GpuBridge(configOf(hosts));
test.after.always(async () => {
  await bridge.close();
  await stopHosts(hosts);
  work.remove();
});

const embed = (input, ...args) => runCli(["--config", work.config, "embed", input, ...args]);
const vectorsOf = async (texts, more = {}) => (await bridge.embed({ texts, ...more })).vectors;

function near(t, actual, expected) {
  t.is(actual.length, expected.length);
  const worst = actual.reduce((most, number, index) => Math.max(most, Math.abs(number - expected[index])), 0);
  t.true(worst < 1e-5, `off by ${worst}`);
}

const texts = sentences(50, 6);
const input = work.write("texts.txt", texts.join("\n") + "\n");

for (const [suffix, read] of [
  ["npy", readNpy],
  ["safetensors", readSafetensors],
  ["jsonl", (path) => readJsonLines(readFileSync(path, "utf8"))],
])
  test(`the lines of a file become the rows of a .${suffix} file`, async (t) => {
    const path = work.path(`out.${suffix}`);
    const { code, stdout, stderr } = await embed(input, "-o", path, "--chunk", "7");
    t.is(code, 0, stderr);
    t.is(stdout, "");
    t.regex(stderr, /^50 texts, [\d,]+ tokens\n$/);
    const { rows, columns, numbers, model = MODEL } = read(path);
    t.deepEqual([rows, columns, model], [50, 384, MODEL]);
    near(t, numbers, await vectorsOf(texts));
    t.false(existsSync(`${path}.part`) || existsSync(`${path}.part.json`));
  });

test("a pipe is read and written in order, as JSON lines or as bare numbers", async (t) => {
  const lines = await runCli(["--config", work.config, "embed", "-", "--chunk", "8", "-q"], {
    input: texts.join("\n"),
  });
  t.deepEqual([lines.code, lines.stderr], [0, ""]);
  const { indices, numbers } = readJsonLines(lines.stdout);
  t.deepEqual(indices, [...texts.keys()]);
  near(t, numbers, await vectorsOf(texts));
  const path = work.path("bare.f32");
  t.is((await embed(input, "-o", path)).code, 0);
  near(t, floats(readFileSync(path)), numbers);
});

test("empty lines, CRLF, a byte order mark and an open last line are read as they are meant", async (t) => {
  const path = work.write("odd.txt", "\uFEFFone\r\n\n  two\r\nthree \rfour\n" + AWKWARD.emoji);
  const { code, stdout, stderr } = await embed(path);
  t.is(code, 0, stderr);
  const expected = ["one", "", "  two", "three \rfour", AWKWARD.emoji];
  near(t, readJsonLines(stdout).numbers, await vectorsOf(expected));
});

test("a field of JSON lines is taken, and the flags reach the hosts", async (t) => {
  const path = work.write("rows.jsonl", texts.map((text, id) => JSON.stringify({ id, text })).join("\n"));
  const { code, stdout, stderr } = await embed(
    path,
    "--field",
    "text",
    "--dimensions",
    "64",
    "--model",
    MODEL,
  );
  t.is(code, 0, stderr);
  const { columns, numbers } = readJsonLines(stdout);
  t.is(columns, 64);
  near(t, numbers, await vectorsOf(texts, { dimensions: 64 }));
});

test("a field may be within another, or have a dot in its name", async (t) => {
  const rows = [{ body: { text: "one" } }, { "body.text": "two", body: { text: "not this" } }];
  const path = work.write("nested.jsonl", rows.map((row) => JSON.stringify(row)).join("\n"));
  const { code, stdout, stderr } = await embed(path, "--field", "body.text");
  t.is(code, 0, stderr);
  near(t, readJsonLines(stdout).numbers, await vectorsOf(["one", "two"]));
});

test("a bound on the texts of a call is a bound on the chunks", async (t) => {
  const config = work.write("bound.json", JSON.stringify(configOf(hosts, { limits: { maxBatchSize: 20 } })));
  const { code, stdout, stderr } = await runCli(["--config", config, "embed", input, "--in-flight", "30"]);
  t.is(code, 0, stderr);
  t.regex(stderr, /^50 texts, [\d,]+ tokens\n$/);
  near(t, readJsonLines(stdout).numbers, await vectorsOf(texts));
});

test("the lines that were cut are counted and named", async (t) => {
  const path = work.write("long.txt", ["short", AWKWARD.long, "short", AWKWARD.long].join("\n"));
  const report = work.path("cut.txt");
  const { code, stderr } = await embed(
    path,
    "--chunk",
    "1",
    "--report-truncated",
    report,
    "-o",
    work.path("cut.npy"),
  );
  t.is(code, 0, stderr);
  t.regex(stderr, /2 were longer than the model reads and were cut/);
  t.is(readFileSync(report, "utf8"), "2\n4\n");
});

for (const [what, content, args, message] of [
  ["no line at all", "", [], /no lines/],
  ["UTF-16", Buffer.from("\ufeffa\n", "utf16le"), [], /Line 1 is not valid UTF-8; the file begins as UTF-16/],
  ["invalid UTF-8", Buffer.from([0x61, 0x0a, 0xff, 0x0a]), [], /Line 2 is not valid UTF-8/],
  ["a text that is too long", `a\n${"x".repeat(10_001)}\n`, [], /Line 2 has 10001 characters; at most 10000/],
  ["a line that is no JSON", '{"text":"a"}\nb\n', ["--field", "text"], /Line 2 is no JSON/],
  [
    "a field that is missing",
    '{"text":"a"}\n{"other":"b"}',
    ["--field", "text"],
    /Line 2: the field "text" is missing/,
  ],
  ["a field that is no text", '{"text":1}', ["--field", "text"], /Line 1: the field "text" is not a string/],
])
  test(`${what} is refused`, async (t) => {
    const path = work.path(`refused-${what.replaceAll(" ", "-")}.npy`);
    const { code, stderr } = await embed(
      work.write(`bad-${what.replaceAll(" ", "-")}`, content),
      ...args,
      "-o",
      path,
    );
    t.is(code, 64);
    t.regex(stderr, message);
    t.is(stderr.trim().split("\n").length, 1, stderr);
    t.false(existsSync(path));
  });

for (const [args, message] of [
  [["missing.txt"], /^gpu-bridge: missing\.txt can't be read: no such file or directory\.\n$/],
  [[input, "-o", "vectors.txt"], /names no format/],
  [[input, "--format", "npy"], /a pipe can't be told/],
  [[input, "--format", "parquet"], /there are npy, safetensors, jsonl, raw/],
  [[input, "--chunk", "0"], /--chunk is "0"/],
  [[input, "--resume"], /name it with --output/],
  [[input, "-o", "/dev/null", "--format", "npy"], /is not a file/],
  [[input, "-o", work.path("none/out.npy")], /can't be written: there is no folder \S+none\./],
  [[input, "-o", input, "--format", "raw"], /texts\.txt is read; write to another file/],
  [[input, "-o", work.path("r.npy"), "--report-truncated", input], /texts\.txt is read/],
  [[input, "-o", work.path("r.npy"), "--report-truncated", work.path("r.npy.part")], /where the vectors go/],
])
  test(`refused: embed ${args.slice(1).join(" ") || "a file that is missing"}`, async (t) => {
    const { code, stderr } = await embed(...args);
    t.not(code, 0);
    t.regex(stderr, message);
  });

test("an error of a host names the line", async (t) => {
  const small = await startHost({ key: "key", env: { GPU_MAX_TEXT_LENGTH: "20" } });
  const own = workFolder([small]);
  const path = own.write("in.txt", ["a", "b", "c", "x".repeat(30)].join("\n"));
  const { code, stderr } = await runCli(["--config", own.config, "embed", path, "--chunk", "2"]);
  await small.stop();
  own.remove();
  t.is(code, 1);
  t.regex(stderr, /line 4/i);
});

test("a reader that goes away ends the command quietly", async (t) => {
  const many = work.write("many.txt", sentences(3000, 3).join("\n"));
  const { child, ended } = startCli(["--config", work.config, "embed", many, "--chunk", "10", "-q"], {
    input: "",
  });
  ended.catch(() => {});
  const errors = text(child.stderr);
  child.stdout.once("data", () => child.stdout.destroy());
  const [code] = await once(child, "exit");
  t.is(code, 0);
  t.is(await errors, "");
});

const big = work.write("big.txt", sentences(400, 8).join("\n") + "\n");
const BIG = ["--chunk", "10", "--in-flight", "2", "-q"];
const rowsIn = (path) => JSON.parse(readFileSync(`${path}.part.json`, "utf8")).output.rows;

/** Rows the journal speaks of, once there are at least so many. */
const reached = (path, rows) =>
  until(() => existsSync(`${path}.part.json`) && rowsIn(path) >= rows && rowsIn(path));

for (const suffix of ["npy", "safetensors", "jsonl"])
  test.serial(
    `a .${suffix} run that is killed again and again ends with the bytes of one that is not`,
    async (t) => {
      const [whole, path] = [work.path(`whole.${suffix}`), work.path(`cut.${suffix}`)];
      t.is((await embed(big, "-o", whole, ...BIG)).code, 0);
      const seed = Date.now() % 1000;
      for (const round of [1, 2, 3]) {
        const { child, ended } = startCli([
          "--config",
          work.config,
          "embed",
          big,
          "-o",
          path,
          "--resume",
          ...BIG,
        ]);
        await reached(path, round * 60 + ((seed * round) % 40));
        child.kill("SIGKILL");
        await ended;
        t.false(existsSync(path), `seed ${seed}`);
      }
      const { code, stderr } = await embed(big, "-o", path, "--resume", ...BIG);
      t.is(code, 0, stderr);
      t.true(readFileSync(path).equals(readFileSync(whole)), `seed ${seed}`);
    },
  );

test.serial("Ctrl-C leaves a run that can be gone on with, and frees the hosts and the file", async (t) => {
  const path = work.path("interrupted.npy");
  const loud = BIG.filter((flag) => flag !== "-q");
  const { child, ended } = startCli(["--config", work.config, "embed", big, "-o", path, ...loud]);
  await reached(path, 20);
  const [, pid] = /"pid":(\d+)/.exec(readFileSync(`${path}.part.lock`, "utf8"));
  t.is(Number(pid), child.pid);
  const second = await embed(big, "-o", path, "--force", ...BIG);
  t.is(second.code, 64);
  t.regex(second.stderr, new RegExp(`being written by process ${pid} on `));
  child.kill("SIGINT");
  const { code, stderr } = await ended;
  t.is(code, 130);
  t.regex(stderr, /^\d+ texts are done and kept; the same command with --resume goes on\.\n$/);
  await until(async () => (await bridge.status()).active_jobs.length === 0);
  const refused = await embed(big, "-o", path, ...BIG);
  t.is(refused.code, 64);
  t.regex(refused.stderr, /was begun and has \d+ rows.*--resume.*--force/);
  const changes = [
    [["--dimensions", "64"], big, /begun with dimensions null, not 64/],
    [[], work.write("changed.txt", "Another first line\n" + readFileSync(big, "utf8")), /are not those/],
    [[], work.write("short.txt", "one line\n"), /are not those/],
  ];
  for (const [args, file, message] of changes) {
    const { code, stderr } = await embed(file, "-o", path, "--resume", ...BIG, ...args);
    t.is(code, 64);
    t.regex(stderr, message);
  }
  t.is((await embed(big, "-o", path, "--resume", ...BIG)).code, 0);
  t.is(readNpy(path).rows, 400);
});

test.serial("what another model has begun is not gone on with", async (t) => {
  const path = work.path("model.npy");
  const { child, ended } = startCli(["--config", work.config, "embed", big, "-o", path, ...BIG]);
  await reached(path, 20);
  child.kill("SIGKILL");
  await ended;
  const journal = JSON.parse(readFileSync(`${path}.part.json`, "utf8"));
  t.regex(journal.answered.fingerprint, /^\S{16,}$/);
  journal.answered.fingerprint = "0".repeat(64);
  work.write("model.npy.part.json", JSON.stringify(journal));
  const { code, stderr } = await embed(big, "-o", path, "--resume", ...BIG);
  t.is(code, 64);
  t.regex(stderr, /was begun with .* and now .* answers/);
  const anew = await embed(big, "-o", path, "--force", ...BIG);
  t.is(anew.code, 0, anew.stderr);
  t.is(statSync(path).size, 128 + 400 * 384 * 4);
});
