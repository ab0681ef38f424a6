import test from "ava";
import { loadNative, platformName } from "../native.js";

const names = [
  [{ platform: "linux", arch: "x64" }, false, "linux-x64-gnu"],
  [{ platform: "linux", arch: "arm64" }, true, "linux-arm64-musl"],
  [{ platform: "darwin", arch: "arm64" }, false, "darwin-arm64"],
  [{ platform: "win32", arch: "x64" }, false, "win32-x64-msvc"],
];

for (const [machine, musl, name] of names) {
  test(`the addon of ${name} is found by its name`, (t) => {
    t.is(
      platformName(machine, () => musl),
      name,
    );
  });
}

test("the file beside the loader comes first, then the platform's package", (t) => {
  const asked = [];
  const load = (candidate) => {
    asked.push(candidate);
    if (candidate.startsWith(".")) throw new Error("not here");
    return "addon";
  };
  t.is(loadNative("linux-x64-gnu", load), "addon");
  t.deepEqual(asked, [
    "./openclaw-gpu-bridge.linux-x64-gnu.node",
    "@elvatis_com/openclaw-gpu-bridge-linux-x64-gnu",
  ]);
});

test("a machine without an addon is told what was tried and what to do", (t) => {
  const error = t.throws(() => loadNative("plan9-mips"));
  t.regex(error.message, /could not be loaded for plan9-mips/);
  t.regex(error.message, /\.\/openclaw-gpu-bridge\.plan9-mips\.node: Cannot find/);
  t.regex(error.message, /@elvatis_com\/openclaw-gpu-bridge-plan9-mips: Cannot find/);
  t.regex(error.message, /npm run build/);
});
