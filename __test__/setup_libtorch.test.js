/** Which libtorch the set-up takes, and what it says of one that won't do. */
import test from "ava";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { findLibtorch } from "../scripts/run/libtorch.mjs";
import { isAtLeast } from "../scripts/setup/tools.mjs";
import { removeFolder, temporaryFolder } from "./support/temporary.js";

test.serial.beforeEach((t) => {
  t.context.before = process.env.LIBTORCH;
  t.context.dir = temporaryFolder("libtorch-");
  process.env.LIBTORCH = t.context.dir;
});

test.serial.afterEach.always((t) => {
  removeFolder(t.context.dir);
  if (t.context.before === undefined) delete process.env.LIBTORCH;
  else process.env.LIBTORCH = t.context.before;
});

test.serial("LIBTORCH is taken when it holds the right version", (t) => {
  unpacked(t.context.dir, "2.11.0");
  const { dir, source, version, cuda, ready } = findLibtorch();
  t.deepEqual(
    { dir, source, version, cuda, ready },
    { dir, source: "LIBTORCH", version: "2.11.0", cuda: false, ready: true },
  );
  t.is(dir, t.context.dir);
});

test.serial("CUDA is seen by its library", (t) => {
  unpacked(t.context.dir, "2.11.0", ["libtorch_cuda.so"]);
  t.true(findLibtorch().cuda);
});

test.serial("another version is refused with both versions", (t) => {
  unpacked(t.context.dir, "2.9.1");
  t.throws(findLibtorch, { message: /is libtorch 2\.9\.1, but 2\.11\.0 is needed/ });
});

test.serial("a folder without libtorch is refused by name", (t) => {
  t.throws(findLibtorch, {
    message: `LIBTORCH=${t.context.dir} holds no lib/libtorch_cpu.so. Point it at an unpacked libtorch 2.11.0, or unset it.`,
  });
});

test("versions compare by number", (t) => {
  t.true(isAtLeast("1.95.0", "1.90"));
  t.true(isAtLeast("20.0.0", "20.0"));
  t.true(isAtLeast("12", "9.0"));
  t.false(isAtLeast("1.9.5", "1.90"));
  t.false(isAtLeast("9", "9.1"));
  t.false(isAtLeast(undefined, "1.0"));
});

function unpacked(dir, version, extra = []) {
  const [major, minor, patch] = version.split(".");
  const header = `#define TORCH_VERSION_MAJOR ${major}\n#define TORCH_VERSION_MINOR ${minor}\n#define TORCH_VERSION_PATCH ${patch}\n`;
  write(join(dir, "include/torch/headeronly/version.h"), header);
  for (const name of ["libtorch_cpu.so", ...extra]) write(join(dir, "lib", name), "");
}

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
