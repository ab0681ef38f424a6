/** What is published: exactly these files, small, and without libtorch. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import test from "ava";
import { platformName } from "../native.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const addon = `openclaw-gpu-bridge.${platformName()}.node`;

const pack = () => {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const [packed] = JSON.parse(
    execFileSync(npm, ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: root }),
  );
  return packed;
};

test("the package holds these files and no other", (t) => {
  const within = (folder, suffix) =>
    readdirSync(new URL(`../${folder}`, import.meta.url), { recursive: true })
      .filter((name) => name.endsWith(suffix))
      .map((name) => `${folder}/${name}`);
  const compiled = (source, folder) =>
    within(source, ".ts").map((name) => name.replace(source, folder).replace(/\.ts$/, ".js"));
  const expected = [
    ...[
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "assets/activity.svg",
      "assets/fleet/fleet.css",
      "assets/fleet/fleet.html",
      "assets/fleet/fleet.js",
      "assets/icon.png",
      "index.d.ts",
      "index.js",
      "native.js",
      "openclaw.plugin.json",
      "skills/gpu-bridge/SKILL.md",
    ],
    ...["package.json", addon],
    ...compiled("plugin/src", "dist"),
    ...compiled("bin/src", "dist/bin"),
    ...within("lib", ".js"),
    ...within("files", ".js"),
  ];
  const { files, bundled, unpackedSize } = pack();
  const own = files.map(({ path }) => path).filter((path) => !path.startsWith("node_modules/"));
  t.deepEqual(own.sort(), expected.sort());
  t.deepEqual(bundled.sort(), ["commander", "json5"]);
  t.true(unpackedSize < 10e6, `${unpackedSize} bytes`);
});

test("the addon links no libtorch", (t) => {
  const image = readFileSync(new URL(`../${addon}`, import.meta.url)).toString("latin1");
  for (const library of ["libtorch", "libc10", "libgomp", "libstdc++"])
    t.false(image.includes(library), library);
});

test("what runs in a plugin host starts no process and reads no environment", (t) => {
  const { files } = pack();
  // Commander starts none of the plugin's; keys.js hands the environment on to OpenClaw, whose own secrets it looks up.
  const commands = ["dist/bin/environment.js", "dist/bin/shell.js", "dist/keys.js"];
  const loaded = ({ path }) =>
    path.endsWith(".js") && !path.startsWith("node_modules/") && !commands.includes(path);
  for (const { path } of files.filter(loaded)) {
    const source = readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
    t.notRegex(source, /child_process|process\.env|\beval\(|new Function\(/, path);
  }
});

test("the package can be imported and required by its name", async (t) => {
  const name = "@elvatis_com/openclaw-gpu-bridge";
  const imported = await import(name);
  t.deepEqual(Object.keys(imported).sort(), ["GpuBridge", "GpuBridgeError"]);
  t.is(createRequire(import.meta.url)(name).GpuBridge, imported.GpuBridge);
  t.is((await import(`${name}/plugin`)).default.id, "openclaw-gpu-bridge");
});

test("the package brings two small packages along, and asks npm for none", (t) => {
  const { scripts, dependencies, peerDependenciesMeta } = JSON.parse(
    readFileSync(new URL("../package.json", import.meta.url)),
  );
  t.deepEqual(Object.keys(dependencies), ["commander", "json5"]);
  for (const name of Object.keys(dependencies)) {
    const manifest = readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url));
    t.is(JSON.parse(manifest).dependencies, undefined, name);
  }
  t.true(peerDependenciesMeta.openclaw.optional);
  for (const hook of ["preinstall", "install", "postinstall", "prepare"]) t.false(hook in scripts, hook);
});
