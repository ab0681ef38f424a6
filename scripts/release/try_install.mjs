/**
 * Tries the installer on a machine that has nothing: a fresh Debian in a folder, by debootstrap and chroot. Installs
 * over the network as a user would, has the models fetched from a hub on loopback, starts the daemon as the installer
 * says, upgrades, and takes everything away again. Needs root; `node scripts/release/try_install.mjs FOLDER`.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { serveHub } from "../../__test__/support/hub.js";
import { until } from "../../__test__/support/until.js";
import { daemon, models } from "../run/paths.mjs";
import { run } from "../run/process.mjs";
import { bold, line } from "../run/terminal.mjs";
import { layOut } from "./service.mjs";

const MODEL = "sentence-transformers/all-MiniLM-L6-v2";
const NEEDED = "curl,unzip,ca-certificates,libstdc++6,systemd,adduser";

const root = resolve(process.argv[2] ?? "target/chroot");
const inRoot = (...parts) => join(root, ...parts);
const chroot = (...command) => run("chroot", [root, ...command], { onLine: (text) => line(`  ${text}`) });

/** Every file that an installation could leave behind. */
const traces = () =>
  ["etc", "opt", "usr", "var"].flatMap((top) =>
    readdirSync(inRoot(top), { recursive: true })
      .map((path) => join(top, path))
      .filter((path) => path.includes("gpu-service")),
  );

async function debian() {
  if (existsSync(inRoot("usr/bin/unzip"))) return;
  rmSync(root, { recursive: true, force: true });
  await run("debootstrap", ["--variant=minbase", `--include=${NEEDED}`, "bookworm", root], {
    onLine: () => {},
  });
}

/** Whatever stands between this machine and the world stands before the new one too. */
function trust() {
  const bundle = "/etc/ssl/certs/ca-certificates.crt";
  copyFileSync(process.env.SSL_CERT_FILE ?? bundle, inRoot(bundle));
}

async function install(...options) {
  const env = ["HF_ENDPOINT", hub.url].join("=");
  return chroot("env", env, "/release/install.sh", "--cpu", ...options);
}

/** Starts the daemon with the printed command, and gives a function that stops it. */
async function startAsSaid(output) {
  const said = "To start it, as gpu-service: ";
  const command = output.find((text) => text.startsWith(said)).slice(said.length);
  const user = ["--reuid=gpu-service", "--regid=gpu-service", "--init-groups"];
  const child = spawn("chroot", [root, "setpriv", ...user, "sh", "-c", command], { detached: true });
  const log = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => log.push(`${text}`));
  await until(() => child.exitCode !== null || log.join("").includes("gpu-service ready on"));
  assert.equal(child.exitCode, null, log.join(""));
  const ended = once(child, "exit");
  return () => process.kill(-child.pid, "SIGTERM") && ended;
}

const entryOf = (output) => JSON.parse(output.find((text) => text.startsWith('{ "name"')));
const step = (text) => line(bold(text));

step(`A fresh Debian in ${root}`);
await debian();
trust();
await run("mount", ["--bind", "/proc", inRoot("proc")]);
const hub = await serveHub({ [MODEL]: join(models, "all-MiniLM-L6-v2") });
try {
  const release = layOut("cpu", inRoot(".."), process.env.GPU_SERVICE_BIN ?? daemon("release"));
  cpSync(release, inRoot("release"), { recursive: true });
  rmSync(release, { recursive: true });
  if (traces().length > 0) await install("--uninstall", "--purge"); // of a trial that broke off
  assert.deepEqual(traces(), []);

  step("Install");
  const options = [
    "--name",
    "tried",
    "--host",
    "127.0.0.1",
    "--port",
    "18765",
    "--model-bertscore",
    MODEL,
    "--models",
    `embed:${MODEL}`,
  ];
  const first = await install(...options);
  assert.match(first.join("\n"), /gpu-service ready on .*all-MiniLM-L6-v2/);
  await chroot("systemd-analyze", "verify", "/etc/systemd/system/gpu-service.service");

  step("Use");
  const { url, apiKey } = entryOf(first);
  const stop = await startAsSaid(first);
  const ask = (headers) =>
    fetch(`${url}/embed`, { method: "POST", headers, body: JSON.stringify({ texts: ["a cat"] }) });
  assert.equal((await ask({})).status, 401);
  assert.equal((await (await ask({ "x-api-key": apiKey })).json()).dimensions, 384);
  await stop();

  step("Install again");
  const before = readFileSync(inRoot("etc/gpu-service/env"), "utf8");
  const second = await install("--port", "18766");
  assert.equal(
    readFileSync(inRoot("etc/gpu-service/env"), "utf8"),
    before.replace("PORT=18765", "PORT=18766"),
  );
  assert.equal(entryOf(second).apiKey, apiKey);
  assert.ok(!second.join("\n").includes("Fetching torch"), "libtorch was fetched again");

  step("Uninstall");
  await install("--uninstall");
  assert.ok(existsSync(inRoot("etc/gpu-service/env")) && !existsSync(inRoot("opt/gpu-service")));
  await install("--uninstall", "--purge");
  assert.deepEqual(traces(), []);
  line(`${basename(root)}: everything works, and nothing is left behind.`);
} finally {
  hub.close();
  await run("umount", [inRoot("proc")]);
}
