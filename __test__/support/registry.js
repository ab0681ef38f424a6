/**
 * An npm registry on loopback that forgets everything with its folder: verdaccio, with npm's own registry behind it
 * for whatever is not ours.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "./until.js";
import { removeFolder, temporaryFolder } from "./temporary.js";

const verdaccio = fileURLToPath(new URL("../../node_modules/verdaccio/bin/verdaccio", import.meta.url));

/** Anybody may publish `@elvatis_com` packages; all others come from outside. */
const config = (folder) => `
storage: ${folder}/storage
uplinks: { npmjs: { url: "https://registry.npmjs.org/" } }
packages:
  "@elvatis_com/*": { access: $all, publish: $all }
  "**": { access: $all, proxy: npmjs }
log: { type: stdout, format: pretty, level: warn }
max_body_size: 50mb
`;

/** Starts it, and gives the options that make npm use it: no key of the user's is read, nothing else is written. */
export async function startRegistry() {
  const folder = temporaryFolder("registry-");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  await writeFile(join(folder, "config.yaml"), config(folder));
  await writeFile(join(folder, "npmrc"), `registry=${url}\n//127.0.0.1:${port}/:_authToken=anybody\n`);
  const stop = start(folder, port);
  await until(() =>
    fetch(`${url}-/ping`)
      .then(({ ok }) => ok)
      .catch(() => false),
  );
  const env = { npm_config_userconfig: join(folder, "npmrc"), npm_config_cache: join(folder, "cache") };
  return { url, folder, env, stop };
}

function start(folder, port) {
  const args = [verdaccio, "--config", join(folder, "config.yaml"), "--listen", `127.0.0.1:${port}`];
  const child = spawn(process.execPath, args, { stdio: "ignore" });
  process.once("exit", () => child.kill("SIGKILL"));
  return async () => {
    child.kill("SIGKILL");
    await once(child, "exit");
    removeFolder(folder);
  };
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}
