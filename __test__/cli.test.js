/** `gpu-bridge` status, bertscore and rerank against real hosts, and where the config comes from. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync } from "node:fs";
import { delimiter } from "node:path";
import { text } from "node:stream/consumers";
import test from "ava";
import { GpuBridge } from "../index.js";
import { models } from "../scripts/run/paths.mjs";
import { hasTerminal, inTerminal, runCli, startCli, workFolder } from "./support/cli.js";
import { readGolden, writeModel } from "./support/cross_encoder.js";
import { configOf, MODEL, startHost, stopHosts } from "./support/gpu_service.js";
import { sentences } from "./support/texts.js";
import { readNpy } from "./support/vectors.js";

const RANKER = "tiny/reranker";
const golden = readGolden("bert");
const model = writeModel(golden, RANKER);
const env = {
  GPU_MODEL_PATH: [model.folder, process.env.GPU_MODEL_PATH ?? models].join(delimiter),
  MODEL_RERANK: RANKER,
};
const hosts = await Promise.all(["first-key", "second-key"].map((key) => startHost({ key, env })));
const [first, second] = hosts;
const work = workFolder(hosts);
const bridge = new GpuBridge(configOf(hosts));
test.after.always(async () => {
  await bridge.close();
  await stopHosts(hosts);
  work.remove();
  model.remove();
});

const cli = (...args) => runCli(["--config", work.config, ...args]);
const NOWHERE = "http://127.0.0.1:1";

test("status shows every host, and its exit code how many serve", async (t) => {
  const whole = await cli("status");
  t.is(whole.code, 0, whole.stderr);
  t.regex(whole.stdout, /^HOST +HEALTH +BREAKER +DEVICE +MEMORY +QUEUE +IN FLIGHT +TOKENS\/S +MODELS\n/);
  t.regex(whole.stdout, new RegExp(`gpu-1 +ok +closed +cpu .* [\\d,]+ tokens +\\d+/\\d+ .*embed:${MODEL}`));
  const key = { KEY: first.key };
  const some = await runCli(["--host", `${first.url},key=KEY`, "--host", NOWHERE, "status", "--json"], {
    env: key,
  });
  t.is(some.code, 1);
  const { serving, hosts } = JSON.parse(some.stdout);
  t.is(serving, 1);
  t.deepEqual(
    hosts.map(({ serves, health }) => [serves, health]),
    [
      [true, "ok"],
      [false, "unreachable"],
    ],
  );
  const none = await runCli(["--host", NOWHERE, "status"]);
  t.is(none.code, 2);
  t.regex(none.stdout, /gpu-1 \(http:\/\/127\.0\.0\.1:1\): can't be reached/);
  const wrong = await runCli(["--host", `${second.url},key=KEY,name=b`, "status"], { env: key });
  t.is(wrong.code, 2);
  t.regex(wrong.stdout, /b +unauthorized/);
});

test("status says that a name has no hosts, and goes on looking", async (t) => {
  const hosts = [{ name: "pool", url: "http://no-such-host.invalid", discover: "dns" }];
  const config = work.write("nobody.json", JSON.stringify({ hosts, timeout: 2 }));
  const once = await runCli(["--config", config, "status"]);
  t.is(once.code, 2, once.stderr);
  t.regex(once.stdout, /^HOST +HEALTH .*\n\n.*no-such-host\.invalid.*pool.*\n$/);
  const { child, ended } = startCli(["--config", config, "status", "--json", "--watch", "0.05"]);
  let lines = 0;
  child.stdout.on("data", (data) => {
    lines += data.toString().split("\n").length - 1;
    if (lines > 1) child.kill("SIGINT");
  });
  const { code, stdout } = await ended;
  t.is(code, 2);
  t.like(JSON.parse(stdout.split("\n")[1]), { serving: 0, hosts: [] });
});

test("status --watch shows it again, as JSON line by line, until it is interrupted", async (t) => {
  const { child, ended } = startCli(["--config", work.config, "status", "--json", "--watch", "0.05"]);
  let seen = "";
  child.stdout.on("data", (data) => {
    seen += data;
    if (seen.split("\n").length > 3) child.kill("SIGINT");
  });
  const { code, stdout } = await ended;
  t.is(code, 0);
  for (const line of stdout.trimEnd().split("\n")) t.like(JSON.parse(line), { serving: 2 });
  t.regex(JSON.parse(stdout.split("\n")[0]).date, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
});

const pairs = { candidates: sentences(40, 5), references: sentences(40, 5).reverse() };
const candidates = work.write("candidates.txt", pairs.candidates.join("\n") + "\n");
const references = work.write("references.txt", pairs.references.join("\n"));

test("bertscore prints the means, and writes the scores of every pair", async (t) => {
  const expected = await bridge.bertscore(pairs);
  const mean = expected.f1.reduce((sum, score) => sum + score) / 40;
  const { code, stdout, stderr } = await cli(
    "bertscore",
    candidates,
    references,
    "--json",
    "-o",
    work.path("s.npy"),
  );
  t.is(code, 0, stderr);
  const shown = JSON.parse(stdout);
  t.deepEqual([shown.pairs, shown.model, shown.truncated], [40, MODEL, []]);
  t.true(Math.abs(shown.means.f1 - mean) < 1e-6);
  const { rows, columns, numbers } = readNpy(work.path("s.npy"));
  t.deepEqual([rows, columns], [40, 3]);
  for (const [index, score] of expected.f1.entries()) t.true(Math.abs(numbers[3 * index + 2] - score) < 1e-6);
  const again = await cli(
    "bertscore",
    candidates,
    references,
    "-o",
    work.path("s.csv"),
    "--idf",
    "--num-layers",
    "3",
  );
  t.regex(
    again.stdout,
    new RegExp(`^MODEL +PAIRS +PRECISION +RECALL +F1\n${MODEL} +40 +0\\.\\d{6} +0\\.\\d{6} +0\\.\\d{6}\n$`),
  );
  const csv = readFileSync(work.path("s.csv"), "utf8").trimEnd().split("\n");
  const idf = await bridge.bertscore({ ...pairs, idf: true, num_layers: 3 });
  t.deepEqual([csv.length, csv[0]], [41, "precision,recall,f1"]);
  t.true(Math.abs(Number(csv[7].split(",")[2]) - idf.f1[6]) < 1e-6);
  await cli("bertscore", candidates, references, "-o", work.path("s.jsonl"));
  const line = JSON.parse(readFileSync(work.path("s.jsonl"), "utf8").split("\n")[5]);
  t.true(line.index === 5 && Math.abs(line.recall - expected.recall[5]) < 1e-6);
});

test("bertscore refuses files of different lengths, and says which line is bad", async (t) => {
  const short = work.write("short.txt", "one\ntwo\n");
  const lengths = await cli("bertscore", candidates, short);
  t.is(lengths.code, 64);
  t.regex(lengths.stderr, /candidates\.txt has 40 lines and \S+short\.txt has 2;/);
  const bad = await cli("bertscore", short, work.write("bad.txt", Buffer.from("one\n\xff\n", "latin1")));
  t.regex(bad.stderr, /bad\.txt: Line 2 is not valid UTF-8/);
});

test("a file is one call, however few texts limits.maxBatchSize allows a call", async (t) => {
  const limits = { maxBatchSize: 5 };
  const config = work.write("bound.json", JSON.stringify(configOf(hosts, { limits })));
  const bound = (...args) => runCli(["--config", config, ...args, "--json"]);
  const scored = await bound("bertscore", candidates, references, "--idf");
  t.is(scored.code, 0, scored.stderr);
  t.is(JSON.parse(scored.stdout).pairs, 40);
  const ordered = await bound("rerank", "Who sleeps?", candidates, "-n", "40");
  t.is(ordered.code, 0, ordered.stderr);
  t.is(JSON.parse(ordered.stdout).results.length, 40);
  const nonsense = work.write(
    "nonsense.json",
    JSON.stringify(configOf(hosts, { limits: { maxBatchSize: 0 } })),
  );
  const refused = await runCli(["--config", nonsense, "rerank", "Who sleeps?", candidates]);
  t.is(refused.code, 64);
  t.regex(refused.stderr, /limits\.maxBatchSize.*\[invalid_config\]/);
});

test("rerank shows the best, and where they stand", async (t) => {
  const [query, ...documents] = ["Who sleeps?", ...sentences(20, 5)];
  const { results } = await bridge.rerank({ query, documents, top_n: 3 });
  const input = documents.join("\n");
  const shown = await runCli(["--config", work.config, "rerank", query, "-", "-n", "3"], { input });
  t.is(shown.code, 0, shown.stderr);
  const rows = shown.stdout.trimEnd().split("\n");
  t.regex(rows[0], /^RANK +SCORE +LINE +TEXT$/);
  for (const [rank, { index, relevance_score }] of results.entries()) {
    const [place, score, line, ...words] = rows[rank + 1].trim().split(/ +/);
    t.deepEqual([place, line, words.join(" ")], [`${rank + 1}`, `${index + 1}`, documents[index]]);
    t.true(Math.abs(Number(score) - relevance_score) < 1e-5);
  }
  const file = work.write("documents.jsonl", documents.map((body) => JSON.stringify({ body })).join("\n"));
  const asked = [
    "rerank",
    "--query-file",
    work.write("query.txt", `${query}\n`),
    file,
    "--field",
    "body",
    "--json",
  ];
  const json = JSON.parse((await cli(...asked, "-n", "3")).stdout);
  t.deepEqual(
    json.results.map(({ index, text }) => [index, text]),
    results.map(({ index }) => [index, documents[index]]),
  );
  t.is((await cli("rerank", query)).code, 64);
});

test("OpenClaw's own config is found and its references are resolved", async (t) => {
  mkdirSync(work.path("home/.openclaw"), { recursive: true });
  const plugin = (config) => ({ plugins: { entries: { "openclaw-gpu-bridge": { config } } } });
  const keys = {
    hosts: [
      { url: first.url, apiKey: "${FIRST_KEY}" },
      { url: second.url, apiKey: { source: "env", provider: "default", id: "SECOND_KEY" } },
    ],
  };
  const file = { ...plugin(keys), env: { vars: { SECOND_KEY: second.key } } };
  work.write("home/.openclaw/openclaw.json", `// the gateway's\n${JSON.stringify(file)}`);
  const options = { home: work.path("home"), env: { FIRST_KEY: first.key } };
  t.is((await runCli(["status"], options)).code, 0);
  const missing = await runCli(["status"], { home: work.path("home") });
  t.is(missing.code, 64);
  t.regex(missing.stderr, /openclaw\.json refers to the environment variable FIRST_KEY, which is not set/);
  const elsewhere = {
    env: { ...options.env, OPENCLAW_CONFIG_PATH: work.path("home/.openclaw/openclaw.json") },
  };
  t.is((await runCli(["status"], elsewhere)).code, 0);
  t.is((await runCli(["--config", work.path("home/.openclaw/openclaw.json"), "status"], options)).code, 0);
  const old = { plugins: { "@elvatis_com/openclaw-gpu-bridge": { config: keys } } };
  work.write("home/.openclaw/openclaw.json", JSON.stringify(old));
  const moved = await runCli(["status"], options);
  t.is(moved.code, 64);
  t.regex(moved.stderr, /has the config where 0\.2 had it; `openclaw doctor --fix` moves it/);
  const vault = plugin({
    hosts: [{ url: first.url, apiKey: { source: "exec", provider: "vault", id: "k" } }],
  });
  const secret = await runCli(["--config", work.write("vault.json", JSON.stringify(vault)), "status"]);
  t.regex(secret.stderr, /from the source "exec", which only OpenClaw can look up/);
});

test("flags win over the config, and keys come from the environment", async (t) => {
  const key = { env: { GPU_BRIDGE_API_KEY: first.key } };
  t.is((await runCli(["--host", first.url, "status"], key)).code, 0);
  t.is((await runCli(["--config", work.config, "--host", NOWHERE, "status"], key)).code, 2);
  t.is((await runCli(["status", "--host", `${first.url},name=a,weight=3`], key)).code, 0);
});

const scored = work.write("scored.csv", "a\n");

for (const [what, args, message] of [
  ["no config at all", ["status"], /No hosts are named.*openclaw\.json, which is not there/],
  [
    "a config that is missing",
    ["--config", "gone.json", "status"],
    /The config gone\.json can't be read: no such file or directory\.\n$/,
  ],
  ["a config that is no JSON", ["--config", candidates, "status"], /is no JSON5/],
  ["a config without hosts", ["--config", work.write("empty.json", "{}"), "status"], /\[not_configured\]/],
  [
    "an unknown key",
    ["--config", work.write("key.json", '{ "hots": [] }'), "status"],
    /hots.*\[invalid_config\]/,
  ],
  [
    "an OpenClaw config without the plugin",
    ["--config", work.write("o.json", '{ "plugins": {} }'), "status"],
    /without plugins\.entries/,
  ],
  [
    "a key that is not set",
    ["--host", `${NOWHERE},key=SECRET_ONE`, "status"],
    /not set; put the key into one/,
  ],
  ["an unknown setting of a host", ["--host", `${NOWHERE},wieght=2`, "status"], /"wieght=" is none of/],
  [
    "a key on the command line",
    ["--host", `${NOWHERE},SECRET_ONE`, "status"],
    /a part without a name is none of .* a --host of its own\.\n$/,
  ],
  ["a weight that is no number", ["--host", `${NOWHERE},weight=x`, "status"], /weight= of --host is "x"/],
  ["an empty name of the config", ["--config", "", "status"], /The config {2}can't be read/],
  [
    "a config that only bench would trip over",
    ["--config", work.write("null.json", '{ "hosts": [null] }'), "bench"],
    /hosts\[0\].*\[invalid_config\]/,
  ],
  ["a watch of a thousand years", ["--host", NOWHERE, "status", "--watch", "1e9"], /--watch is "1e9"/],
  ["the standard input twice", ["bertscore", "-", "-"], /Only one of the two files/],
  ["scores over what is scored", ["bertscore", candidates, scored, "-o", scored], /scored\.csv is read/],
  [
    "a report in no folder",
    ["validate", "--report", work.path("none/STATUS.md")],
    /there is no folder \S+none\./,
  ],
  ["a timeout that is no number", ["--timeout", "soon", "status"], /--timeout is "soon"/],
  ["an unknown way to balance", ["--host", NOWHERE, "--load-balancing", "luck", "status"], /luck/],
  ["an unknown command", ["stauts"], /unknown command 'stauts'/],
  ["no command", [], /Usage: gpu-bridge/],
])
  test(`${what} is said in a sentence, with exit code 64`, async (t) => {
    const { code, stdout, stderr } = await runCli(args);
    t.is(code, 64);
    t.is(stdout, "");
    t.regex(stderr, message);
    t.notRegex(stderr, /\n {4}at |SECRET_ONE/);
  });

test("a failure names code, host and attempts, and its stack only when asked", async (t) => {
  const args = ["--host", `${NOWHERE},name=dead`, "embed", candidates];
  const { code, stderr } = await runCli(args);
  t.is(code, 1);
  t.regex(stderr, /^gpu-bridge: .*dead: can't be reached.* \[all_hosts_failed, host dead\]\n$/);
  t.regex((await runCli(["--verbose", ...args])).stderr, /\n {4}at /);
});

test("help whose reader has gone ends quietly", async (t) => {
  const { child, ended } = startCli(["embed", "--help"], { input: "" });
  ended.catch(() => {});
  child.stdout.destroy();
  const errors = text(child.stderr);
  t.deepEqual(await once(child, "exit"), [0, null]);
  t.is(await errors, "");
});

(existsSync("/dev/full") ? test : test.skip)("a full disk is said, not thrown", async (t) => {
  for (const args of [["--config", work.config, "status"], ["--help"]]) {
    const full = openSync("/dev/full", "w");
    const { code, stderr } = await runCli(args, { stdout: full });
    closeSync(full);
    t.is(code, 1);
    const said = args.includes("status")
      ? /^gpu-bridge: The standard output can't be written: no space left on device\.\n$/
      : /^$/;
    t.regex(stderr, said);
  }
});

/** No file that the command writes may be longer than half a KiB. */
const narrow = ["sh", "-c", 'ulimit -f 1 && exec "$0" "$@"'];

(process.platform === "win32" ? test.skip : test)(
  "what can't be filed is shown, and leaves nothing",
  async (t) => {
    const output = work.path("narrow.csv");
    const args = ["--config", work.config, "bertscore", candidates, references, "-o", output];
    const { code, stdout, stderr } = await runCli(args, { through: narrow });
    t.is(code, 1);
    t.regex(stderr, /^gpu-bridge: \S+narrow\.csv can't be written: file too large\.\n$/);
    t.regex(stdout, /^MODEL +PAIRS +PRECISION/);
    t.false(existsSync(output) || existsSync(`${output}.part`));
  },
);

(process.platform === "win32" ? test.skip : test)(
  "no file takes the place of a pipe or a device",
  async (t) => {
    const pipe = work.path("pipe.npy");
    execFileSync("mkfifo", [pipe]);
    for (const args of [
      ["bertscore", candidates, references, "-o", pipe],
      ["validate", "--report", pipe],
    ]) {
      const { code, stderr } = await cli(...args);
      t.is(code, 64);
      t.regex(stderr, /pipe\.npy is not a file; name one, or leave the option out/);
    }
    t.true(statSync(pipe).isFIFO());
  },
);

test("help says everything without a host", async (t) => {
  const main = await runCli(["--help"]);
  t.is(main.code, 0);
  for (const word of [
    "status",
    "embed",
    "bertscore",
    "rerank",
    "--config",
    "GPU_BRIDGE_API_KEY",
    "Exit codes",
  ])
    t.true(main.stdout.includes(word), word);
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url)));
  t.is((await runCli(["--version"])).stdout, `${version}\n`);
});

const onTerminal = hasTerminal ? test : test.skip;

onTerminal("a terminal shows a bar with the rate, and nothing of it stays", async (t) => {
  const input = work.write("bar.txt", sentences(300, 5).join("\n"));
  const args = ["--config", work.config, "embed", input, "-o", work.path("bar.npy"), "--chunk", "10"];
  const { code, shown } = await inTerminal(args).ended;
  t.is(code, 0, shown);
  t.regex(shown, /█*░+ +\d+ % +\d+ texts +\d+\/s/);
  t.regex(shown, /\r\u001b\[K300 texts, [\d,]+ tokens\r\n$/);
});

onTerminal("q ends status --watch on a terminal, which is drawn over", async (t) => {
  const { child, ended } = inTerminal(["--config", work.config, "status", "--watch", "0.05"]);
  let seen = "";
  child.stdout.on("data", (data) => {
    seen += data;
    if (seen.split("\u001b[H\u001b[J").length === 3) child.stdin.write("q");
  });
  const { code } = await ended;
  t.is(code, 0);
  t.regex(seen, /HOST +HEALTH/);
});
