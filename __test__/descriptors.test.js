import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import test from "ava";
import { scriptedHost, VECTOR } from "./support/scripted_host.js";

/** With a limit of its own, so that no other test has it. */
const CROWD = fileURLToPath(new URL("support/crowd.js", import.meta.url));

const onUnix = process.platform === "win32" ? test.skip : test;

onUnix(
  "more calls at once than there are descriptors wait for each other, and no host is blamed",
  async (t) => {
    const hosts = await Promise.all([1, 2].map(() => scriptedHost(() => [200, VECTOR])));
    t.teardown(() => Promise.all(hosts.map((host) => host.close())));
    const urls = hosts.map((host) => host.url);
    const child = spawn("sh", ["-c", 'ulimit -n 96; exec "$@"', "sh", process.execPath, CROWD, ...urls]);
    const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    t.is(errors, "");
    t.deepEqual(JSON.parse(out), { served: 1000, failures: [0, 0], health: ["healthy", "healthy"] });
  },
);
