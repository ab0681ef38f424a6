/** `gpu-bridge validate` and `bench` against real hosts: good ones, and bad ones in every way they have to be found. */
import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { delimiter } from "node:path";
import test from "ava";
import { models } from "../scripts/run/paths.mjs";
import { hasTerminal, inTerminal, runCli, startCli, workFolder } from "./support/cli.js";
import { configOf, MODEL, startHost, startPair, stopHosts } from "./support/gpu_service.js";
import { openaiHost } from "./support/openai_host.js";
import { until } from "./support/until.js";

const hosts = await startPair();
const [stays, goes] = hosts;
const work = workFolder(hosts);
test.after.always(async () => {
  await stopHosts(hosts);
  work.remove();
});

/** The findings of one check, by host. */
const outcomes = ({ findings }, check) =>
  Object.fromEntries(
    findings.filter((found) => found.check === check).map(({ host = "all", outcome }) => [host, outcome]),
  );
const evidence = ({ findings }, check, name) =>
  findings.find((found) => found.check === check && (found.host ?? "all") === (name ?? "all")).evidence;

/** Starts the host that was killed anew, on its port. */
async function restart() {
  const host = await startHost({ key: goes.key, env: { PORT: new URL(goes.url).port } });
  Object.assign(goes, host);
}

test.serial("good hosts pass everything, and the report says so", async (t) => {
  const asked = work.path("restore-asked");
  const report = work.write("STATUS.md", "# Status\n\nBefore.\n");
  const commands = ["--kill-cmd", `kill -9 ${goes.pid}`, "--restore-cmd", `echo > ${asked}`];
  const { ended } = startCli(
    ["--config", work.config, "validate", "--json", "--report", report, ...commands],
    { input: "" },
  );
  await until(() => existsSync(asked));
  await restart();
  const { code, stdout, stderr } = await ended;
  t.is(code, 0, stdout + stderr);
  const validation = JSON.parse(stdout);
  const both = { "gpu-1": "pass", "gpu-2": "pass" };
  t.deepEqual(outcomes(validation, "reachable"), both);
  t.deepEqual(outcomes(validation, "key"), both);
  t.deepEqual(outcomes(validation, "agreement"), { "gpu-2": "pass" });
  t.deepEqual(outcomes(validation, "activity"), both);
  for (const check of ["round-robin", "least-busy", "failover", "return"])
    t.deepEqual(outcomes(validation, check), { all: "pass" }, check);
  t.is(evidence(validation, "round-robin"), "20 calls: gpu-1 10, gpu-2 10; by weight: gpu-1 10, gpu-2 10");
  t.regex(evidence(validation, "least-busy"), /gpu-1 had \d+ tokens queued; 10 calls: gpu-1 0, gpu-2 10/);
  t.regex(evidence(validation, "key", "gpu-1"), /without a key 401 and 401, .*its own 200 and 200/);
  t.regex(evidence(validation, "failover"), /^gpu-2 went down under load; \d+ calls, 0 failed/);
  const written = readFileSync(report, "utf8");
  t.regex(written, /^# Status\n\nBefore\.\n\n<!-- gpu-bridge validate: begin -->\n## Live multi-host\n/);
  t.true(written.includes(`| round-robin | all | pass | ${evidence(validation, "round-robin")} |`));
  t.false(hosts.some(({ key }) => (written + stdout).includes(key)));
});

test.serial("bad hosts are found, each for what it is", async (t) => {
  mkdirSync(work.path("models"));
  symlinkSync(`${process.env.GPU_MODEL_PATH ?? models}/${MODEL}`, work.path("models/other"));
  const env = { GPU_MODEL_PATH: [work.path("models"), process.env.GPU_MODEL_PATH ?? models].join(delimiter) };
  const more = await Promise.all([
    startHost({ key: "key", env: { ...env, MODEL_EMBED: "other" } }),
    startHost({ key: "key", env: { GPU_DTYPE: "bfloat16" } }),
    startHost(),
  ]);
  const [renamed, half, open] = more.map(({ url }) => url);
  const config = {
    hosts: [
      { name: "good", url: stays.url, apiKey: stays.key },
      { name: "wrong-key", url: goes.url, apiKey: "not-its-key" },
      { name: "no-key", url: stays.url.replace("127.0.0.1", "localhost") },
      { name: "dead", url: "http://127.0.0.1:1", apiKey: "key" },
      { name: "renamed", url: renamed, apiKey: "key" },
      { name: "half", url: half, apiKey: "key" },
      { name: "open", url: open, apiKey: "key" },
      { name: "anybody", url: open.replace("127.0.0.1", "localhost") },
    ],
  };
  const report = work.write("bad.md", "Before.\n");
  const path = work.write("bad.json", JSON.stringify(config));
  const args = [
    "--config",
    path,
    "validate",
    "--json",
    "--only",
    "key,agreement,failover",
    "--report",
    report,
  ];
  const { code, stdout, stderr } = await runCli(args);
  await stopHosts(more);
  t.is(code, 1, stderr);
  const validation = JSON.parse(stdout);
  const [pass, fail, skip] = ["pass", "fail", "skip"];
  t.deepEqual(outcomes(validation, "reachable"), {
    ...{ good: pass, "wrong-key": fail, "no-key": fail, dead: fail },
    ...{ renamed: pass, half: pass, open: pass, anybody: pass },
  });
  t.deepEqual(outcomes(validation, "key"), {
    ...{ good: pass, "wrong-key": fail, "no-key": fail, dead: skip },
    ...{ renamed: pass, half: pass, open: fail, anybody: "warn" },
  });
  t.deepEqual(outcomes(validation, "agreement"), { renamed: fail, half: fail, open: pass, anybody: pass });
  t.regex(
    evidence(validation, "agreement", "renamed"),
    /good answers with all-MiniLM-L6-v2 .* renamed with other/,
  );
  t.regex(evidence(validation, "agreement", "half"), /weights differ: \S+ and \S+$/);
  t.regex(evidence(validation, "key", "open"), /without a key 200 and 200/);
  t.deepEqual(outcomes(validation, "failover"), { all: skip });
  t.regex(evidence(validation, "failover"), /run it on a terminal, or give --kill-cmd/);
  t.false((readFileSync(report, "utf8") + stdout).includes("not-its-key"));
});

test.serial("a host of another engine is asked only what it can answer", async (t) => {
  const service = await startHost();
  const engine = await openaiHost({ service, model: MODEL, key: "engine-key" });
  const config = {
    hosts: [
      { name: "native", url: service.url },
      { name: "engine", url: engine.url, protocol: "openai", apiKey: "engine-key" },
    ],
    models: { embed: MODEL },
  };
  const path = work.write("engine.json", JSON.stringify(config));
  const status = await runCli(["--config", path, "status"]);
  const args = ["--config", path, "validate", "--json", "--only", "key,agreement,activity"];
  const { code, stdout, stderr } = await runCli(args);
  await Promise.all([service.stop(), engine.close()]);
  t.is(status.code, 0, status.stderr);
  t.regex(status.stdout, new RegExp(`\nengine +ok +closed +- +- +- +- +- +embed:${MODEL}\n`));
  t.is(code, 0, stdout + stderr);
  const validation = JSON.parse(stdout);
  t.is(evidence(validation, "reachable", "engine"), `speaks openai; embed:${MODEL}`);
  t.deepEqual(outcomes(validation, "key"), { native: "warn", engine: "pass" });
  t.deepEqual(outcomes(validation, "agreement"), { engine: "pass" });
  t.deepEqual(outcomes(validation, "activity"), { native: "pass", engine: "skip" });
});

test.serial("one host alone skips what takes two, and a report is replaced", async (t) => {
  const path = work.write("alone.json", JSON.stringify(configOf([stays])));
  const report = work.write("alone.md", "# Status\n");
  for (const _ of [1, 2]) {
    const args = ["--config", path, "validate", "--only", "agreement,round-robin,least-busy,failover"];
    const { code, stdout } = await runCli([...args, "--report", report]);
    t.is(code, 0);
    t.regex(stdout, /^CHECK +HOST +RESULT +EVIDENCE\nreachable +gpu-1 +pass /);
    t.regex(stdout, /\n1 passed, 0 failed, 0 warnings, 4 skipped\n$/);
  }
  t.is(readFileSync(report, "utf8").split("## Live multi-host").length, 2);
  const unknown = await runCli(["--config", path, "validate", "--only", "luck"]);
  t.is(unknown.code, 64);
  t.regex(unknown.stderr, /there is no check "luck"; there are key, agreement/);
});

test.serial("a command that fails, or stops nobody, is a failed check", async (t) => {
  const args = [
    "--config",
    work.config,
    "validate",
    "--only",
    "failover",
    "--kill-cmd",
    "echo gone wrong; exit 3",
  ];
  const { code, stdout } = await runCli(args);
  t.is(code, 1);
  t.regex(stdout, /failover +all +fail +"echo gone wrong; exit 3" ended with 3: gone wrong/);
});

(hasTerminal ? test.serial : test.serial.skip)(
  "on a terminal the user is asked to stop a host and start it again",
  async (t) => {
    const { child, ended } = inTerminal(["--config", work.config, "validate", "--only", "failover"]);
    let seen = "";
    child.stdout.on("data", (data) => (seen += data));
    await until(() => /Stop one of the hosts now/.test(seen));
    await goes.stop("SIGKILL");
    await until(() => /Start it again now/.test(seen));
    await restart();
    const { code, shown } = await ended;
    t.is(code, 0, shown);
    t.regex(shown, /failover +all +pass +gpu-2 went down under load; \d+ calls, 0 failed/);
    t.regex(shown, /return +all +pass +gpu-2 serves again/);
  },
);

test.serial("Ctrl-C ends a validation, and what was stopped is started again", async (t) => {
  const [stopping, restored] = [work.path("stopping"), work.path("restored")];
  const commands = ["--kill-cmd", `echo > ${stopping}; sleep 60`, "--restore-cmd", `echo > ${restored}`];
  const { child, ended } = startCli([
    ...["--config", work.config, "validate", "--only", "failover"],
    ...commands,
  ]);
  await until(() => existsSync(stopping));
  child.kill("SIGINT");
  t.is((await ended).code, 130);
  t.true(existsSync(restored));
});

test.serial("a stop that fails is undone too, and an undoing that fails is said", async (t) => {
  const commands = ["--kill-cmd", "exit 3", "--restore-cmd", "echo no such unit; exit 5"];
  const args = ["--config", work.config, "validate", "--only", "failover", ...commands];
  const { code, stderr } = await runCli(args);
  t.is(code, 1);
  t.is(stderr, '"echo no such unit; exit 5" ended with 5: no such unit\n');
});

test.serial("bench measures every host alone and all together", async (t) => {
  const args = ["--config", work.config, "bench", "--sizes", "1,8", "--callers", "2", "--seconds", "0.2"];
  const { code, stdout, stderr } = await runCli([...args, "--json"]);
  t.is(code, 0, stderr);
  const { rows } = JSON.parse(stdout);
  t.deepEqual(
    rows.map(({ hosts, texts, callers }) => [hosts, texts, callers]),
    ["gpu-1", "gpu-2", "all"].flatMap((name) => [
      [name, 1, 2],
      [name, 8, 2],
    ]),
  );
  for (const { calls, textsPerSecond, tokensPerSecond, p50, p95 } of rows) {
    t.true(calls >= 2 && textsPerSecond > 0 && tokensPerSecond > textsPerSecond);
    t.true(p50 > 0 && p95 >= p50);
  }
  const bad = await runCli(["--config", work.config, "bench", "--sizes", "1,none"]);
  t.regex(bad.stderr, /--sizes is "none"/);
});
