/**
 * Runs one gpu-service in the foreground: `npm run service -- --port 8765`. Arguments go to the daemon as they are,
 * and so do the signals, so that a stop drains it as it would under systemd.
 */
import { spawn } from "node:child_process";
import { torchEnvironment } from "./run/env.mjs";
import { daemon } from "./run/paths.mjs";
import { NEEDS, setUp } from "./setup.mjs";

await setUp(NEEDS.service);
const child = spawn(daemon(), process.argv.slice(2), {
  stdio: "inherit",
  env: { ...process.env, ...torchEnvironment() },
});
process.on("SIGTERM", () => child.kill("SIGTERM"));
process.on("SIGINT", () => {}); // a terminal sends it to the daemon as well, which drains
child.on("error", (error) => {
  console.error(`gpu-service could not be started: ${error.message}.`);
  process.exitCode = 1;
});
child.on("exit", (code, signal) => {
  process.exitCode = signal ? 1 : (code ?? 1);
});
