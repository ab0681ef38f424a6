/** That what tests put into the system's folder for temporary files goes with their process. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import test from "ava";

const support = new URL("./support/temporary.js", import.meta.url);
const MAKE = `const { temporaryFolder } = await import("${support}"); console.log(temporaryFolder("gone-"));`;

for (const [end, rest, act] of [
  ["the end of its work", "", () => {}],
  ["an error", "throw new Error('as it should');", () => {}],
  ["a signal", "setInterval(() => {}, 1000);", (child) => child.kill("SIGTERM")],
])
  test(`a folder goes with its process at ${end}`, async (t) => {
    const args = ["--input-type=module", "--eval", `${MAKE}\n${rest}`];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
    const exited = once(child, "exit");
    const [said] = await once(child.stdout, "data");
    act(child);
    t.deepEqual(await exited, [rest === "" ? 0 : 1, null]);
    t.false(existsSync(said.toString().trim()));
  });
