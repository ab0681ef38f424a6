/** The whole release into a registry of its own: stage, publish, install here, and what other machines would get. */
import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import { platformName } from "../native.js";
import { platformOf } from "../scripts/release/image.mjs";
import { stage } from "../scripts/release/stage.mjs";
import { platforms } from "../scripts/release/targets.mjs";
import { disagreements } from "../scripts/release/version.mjs";
import { root } from "../scripts/run/paths.mjs";
import { startRegistry } from "./support/registry.js";
import { addonHeader, addonOf, publish, stageHere } from "./support/release.js";

const NAME = "@elvatis_com/openclaw-gpu-bridge";
const here = platformName();
const execute = promisify(execFile);

const registry = await startRegistry();
const staged = stageHere(registry);
const log = await publish(staged, registry);
test.after.always(() => registry.stop());

const npm = (args, cwd) => execute("npm", args, { cwd, env: { ...process.env, ...registry.env } });

/** Installs as OpenClaw does, without scripts, and gives the platform packages that came along. */
async function install(folder, options = []) {
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{ "private": true }');
  await npm(["install", NAME, "--ignore-scripts", "--no-audit", "--no-fund", ...options], folder);
  const installed = readdirSync(join(folder, "node_modules/@elvatis_com"));
  return installed.filter((name) => name !== "openclaw-gpu-bridge");
}

test("everything states one version", (t) => {
  t.deepEqual(disagreements(), []);
  const sentences = disagreements("v9.9.9");
  t.regex(sentences[0], /The tag is v9\.9\.9, but package\.json asks for v\d/);
});

test("the folders of npm/ are what napi makes of package.json", async (t) => {
  const made = join(registry.folder, "made");
  mkdirSync(made);
  copyFileSync(join(root, "package.json"), join(made, "package.json"));
  await execute(join(root, "node_modules/.bin/napi"), ["create-npm-dirs"], { cwd: made });
  t.deepEqual(readdirSync(join(made, "npm")).sort(), [...platforms().keys()]);
  for (const [folder, manifest] of platforms())
    t.deepEqual(
      manifest,
      JSON.parse(readFileSync(join(made, "npm", folder, "package.json"), "utf8")),
      folder,
    );
});

test("a release carries no addon in the package, and each platform's in its own", (t) => {
  const { optionalDependencies, openclaw, scripts, devDependencies } = JSON.parse(
    readFileSync(join(staged, "package/package.json"), "utf8"),
  );
  const names = [...platforms().values()].map(({ name }) => name);
  t.deepEqual(Object.keys(optionalDependencies), names);
  t.deepEqual(openclaw.install.requiredPlatformPackages, names);
  t.deepEqual([scripts, devDependencies], [undefined, undefined]);
  t.deepEqual(
    readdirSync(join(staged, "package")).filter((name) => name.endsWith(".node")),
    [],
  );
  t.is(platformOf(readFileSync(join(staged, here, addonOf(here)))), here.split("-").slice(0, 2).join("-"));
});

test("a missing addon, or one of another platform, stops a release", (t) => {
  const folder = join(registry.folder, "wrong");
  mkdirSync(folder);
  t.throws(() => stage(folder, join(folder, "out")), { message: /There is no .*darwin-arm64\.node/ });
  for (const platform of platforms().keys())
    writeFileSync(join(folder, addonOf(platform)), addonHeader("linux-x64"));
  const message = /darwin-arm64\.node is an addon for linux-x64, not for darwin-arm64/;
  t.throws(() => stage(folder, join(folder, "out")), { message });
});

test("what is published installs here and works", async (t) => {
  const folder = join(registry.folder, "here");
  t.deepEqual(await install(folder), [`openclaw-gpu-bridge-${here}`]);
  const script = `import { GpuBridge } from "${NAME}";
    const bridge = new GpuBridge({ hosts: [{ url: "http://127.0.0.1:9", name: "none" }] });
    console.log(bridge.hosts()[0].name, (await bridge.embed({ texts: ["a"] }).catch((error) => error)).code);
    await bridge.close();`;
  const args = ["--input-type=module", "--eval", script];
  t.is((await execute(process.execPath, args, { cwd: folder })).stdout, "none all_hosts_failed\n");
});

test("a second run publishes nothing twice", async (t) => {
  t.notRegex(log, /already published/);
  const again = await publish(staged, registry);
  t.is(again.match(/already published/g).length, platforms().size + 1);
});

for (const [platform, { os, cpu, libc }] of platforms())
  test(`${platform} gets its own addon and no other`, async (t) => {
    const folder = join(registry.folder, `as-${platform}`);
    const options = [`--os=${os}`, `--cpu=${cpu}`, ...(libc ? [`--libc=${libc}`] : [])];
    t.deepEqual(await install(folder, options), [`openclaw-gpu-bridge-${platform}`]);
    const addon = join(folder, `node_modules/${NAME}-${platform}/${addonOf(platform)}`);
    t.true(existsSync(addon));
  });
