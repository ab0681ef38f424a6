/**
 * The installer of gpu-service, into a folder: what it lays out, keeps, refuses and takes away. That it sets a whole
 * machine up is tried by `scripts/release/try_install.mjs`, which needs root and half a gigabyte.
 */
import { execFile } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { statSync, writeFileSync, appendFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { wheelList } from "../scripts/release/service.mjs";
import { serveWheel } from "./support/wheel_index.js";
import { removeFolder, temporaryFolder } from "./support/temporary.js";

const script = fileURLToPath(new URL("../gpu-service/install.sh", import.meta.url));
const server = await serveWheel();
const releases = temporaryFolder("releases-");
test.after.always(() => server.close());

/** A release archive's folder, unpacked; its daemon is never started here. */
function release({ sha256 = server.wheel.sha256 } = {}) {
  const folder = mkdtempSync(join(releases, "release-"));
  mkdirSync(join(folder, "bin"));
  copyFileSync(process.execPath, join(folder, "bin/gpu-service"));
  copyFileSync(script, join(folder, "install.sh"));
  chmodSync(join(folder, "install.sh"), 0o755);
  const members = "libraries/lib*.so libraries/libnothing*";
  const arch = process.arch;
  writeFileSync(
    join(folder, "wheels.txt"),
    `cpu ${arch} ${server.wheel.name} ${sha256} ${server.wheel.bytes} ${members}\n`,
  );
  return folder;
}

/** Runs the installer into `root`; gives what it printed, or its error with `code` and `stderr`. */
function install(folder, root, ...options) {
  const args = ["--root", root, "--cpu", ...options];
  const env = { ...process.env, PIP_INDEX_URL: server.index.replace(/\/$/, ""), HF_ENDPOINT: "" };
  return new Promise((resolve) =>
    execFile(join(folder, "install.sh"), args, { env }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    ),
  );
}

test.beforeEach((t) => {
  t.context.root = temporaryFolder("machine-");
});
test.afterEach.always((t) => removeFolder(t.context.root));

const entryOf = ({ stdout }) => JSON.parse(stdout.split("\n").find((text) => text.startsWith("{")));
const settingsOf = (root) => readFileSync(join(root, "etc/gpu-service/env"), "utf8");

test("lays out the daemon, libtorch, settings with a key, and a unit", async (t) => {
  const { root } = t.context;
  const { code, stdout, stderr } = await install(
    release(),
    root,
    ...["--name", "rig", "--port", "9000", "--models", "embed:BAAI/bge-m3,rerank:BAAI/bge-reranker-base"],
  );
  t.is(code, 0, stderr);
  for (const path of ["bin/gpu-service", "lib/libtorch_cpu.so", "install.sh"])
    t.true(existsSync(join(root, "opt/gpu-service", path)), path);
  t.is(statSync(join(root, "etc/gpu-service/env")).mode & 0o777, 0o640);
  const settings = settingsOf(root);
  t.regex(settings, /^API_KEY=[0-9a-f]{48}$/m);
  t.regex(settings, /^GPU_ALLOWED_MODELS=BAAI\/bge-m3,BAAI\/bge-reranker-base$/m);
  const entry = entryOf({ stdout });
  t.is(entry.name, "rig");
  t.regex(entry.url, /:9000$/);
  t.true(settings.includes(`API_KEY=${entry.apiKey}\n`));
});

test("a second run changes only what its options name, and fetches nothing anew", async (t) => {
  const { root } = t.context;
  const folder = release();
  await install(folder, root);
  appendFileSync(join(root, "etc/gpu-service/env"), "GPU_MAX_CONCURRENT=7\n");
  const before = settingsOf(root);
  const libraries = () => statSync(join(root, "opt/gpu-service/lib")).ino;
  const first = libraries();
  const second = await install(folder, root, "--port", "9001", "--model-embed", "BAAI/bge-m3");
  t.is(second.code, 0, second.stderr);
  t.is(settingsOf(root), `${before.replace("PORT=8765", "PORT=9001")}MODEL_EMBED=BAAI/bge-m3\n`);
  t.notRegex(second.stdout, /Fetching/);
  t.is(libraries(), first);
});

test("a later run keeps the name, the place and the user that an earlier one was given", async (t) => {
  const { root } = t.context;
  const folder = release();
  const first = await install(folder, root, "--name", "rig", "--prefix", "/srv/gpu", "--user", "gpu");
  t.is(first.code, 0, first.stderr);
  const second = await install(folder, root);
  t.deepEqual(entryOf(second), entryOf(first));
  t.false(existsSync(join(root, "opt/gpu-service")));
  t.regex(second.stdout, /as gpu: .* \/srv\/gpu\/bin\/gpu-service/);
  t.is(entryOf(await install(folder, root, "--name", "rack-2")).name, "rack-2");
  t.is(entryOf(await install(folder, root)).name, "rack-2");
  await install(folder, root, "--uninstall");
  t.false(existsSync(join(root, "srv/gpu")));
});

test("a wheel with other bytes than the pinned ones is refused", async (t) => {
  const { root } = t.context;
  const { code, stderr } = await install(release({ sha256: "0".repeat(64) }), root);
  t.is(code, 1);
  t.regex(stderr, /has no file of tiny-wheel with the sha256 0{64}/);
  t.false(existsSync(join(root, "opt/gpu-service/lib/libtorch_cpu.so")));
});

for (const [options, said] of [
  [["--gpu"], /--gpu is no option/],
  [["--port"], /--port needs a value/],
  [["--port", "70000"], /--port 70000 is no port/],
  [["--name", 'a "b"'], /--name a "b" can't be kept/],
  [["--models", "BAAI/bge-m3"], /needs its task, as in embed:BAAI\/bge-m3/],
])
  test(`${options.join(" ")} is refused with a reason`, async (t) => {
    const { code, stderr } = await install(release(), t.context.root, ...options);
    t.is(code, 1);
    t.regex(stderr, said);
  });

test("uninstalling keeps settings and models, purging does not", async (t) => {
  const { root } = t.context;
  const folder = release();
  await install(folder, root);
  t.is((await install(folder, root, "--uninstall")).code, 0);
  t.false(existsSync(join(root, "opt/gpu-service")));
  t.true(existsSync(join(root, "etc/gpu-service/env")));
  await install(folder, root, "--uninstall", "--purge");
  t.false(existsSync(join(root, "etc/gpu-service")));
  t.false(existsSync(join(root, "var/lib/gpu-service")));
});

test("a release names the wheels that the daemon was built against, for each device and architecture", (t) => {
  const lines = wheelList().trim().split("\n");
  for (const line of lines)
    t.regex(line, /^(cpu|cuda) (x64|arm64) [a-z0-9-]+ [0-9a-f]{64} \d+ torch\/lib\/\S+( \S+)+$/);
  for (const start of ["cpu x64", "cpu arm64", "cuda x64", "cuda arm64"])
    t.true(
      lines.some((line) => line.startsWith(`${start} torch `)),
      start,
    );
});
