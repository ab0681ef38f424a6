#!/usr/bin/env node
/**
 * The command `gpu-bridge`. It joins the commands to this process: its arguments, its environment, its streams and its
 * exit code. What the commands do is theirs; OpenClaw joins the same ones to its own.
 */
import { Command, CommanderError } from "commander";
import { addCommands } from "./commands.js";
import { addConfigOptions, configFrom, timeoutOf, type ConfigOptions } from "./config/options.js";
import { environment } from "./environment.js";
import { EXIT } from "./exit.js";
import { shell } from "./shell.js";
import { packageVersion } from "./version.js";

const HELP = `
Hosts are taken from the first of these that is there, and from no other:
  1. --host URL[,name=NAME][,key=VARIABLE][,weight=N], once for each host
  2. --config FILE: the plugin's config, or an OpenClaw config, as JSON or JSON5
  3. OpenClaw's own config, ~/.openclaw/openclaw.json or $OPENCLAW_CONFIG_PATH:
     plugins.entries["openclaw-gpu-bridge"].config
--timeout and --load-balancing go before what the config says.

Keys never stand on the command line, where every user of the machine can read them: key= names the
environment variable that holds a host's key, and GPU_BRIDGE_API_KEY is the key for hosts without one.

Exit codes: 0 done; 1 it failed, or hosts are missing; 2 no host serves (status); 64 wrong usage or config;
130 interrupted.`;

const program = new Command("gpu-bridge")
  .description("Embeddings, BERTScore and reranking over a pool of GPU hosts")
  .version(packageVersion())
  .option("--verbose", "show where an error comes from")
  .addHelpText("after", HELP)
  .showHelpAfterError("Run with --help to see what there is.")
  .configureHelp({ showGlobalOptions: true })
  .exitOverride();

// A reader that goes away, or a full disk, while help is shown. What becomes of a command, the command itself settles.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") process.exitCode ||= EXIT.failed;
});

addConfigOptions(program);
addCommands(program, {
  config: () => configFrom(program.opts<ConfigOptions>(), environment()),
  get timeout() {
    return timeoutOf(program.opts<ConfigOptions>());
  },
  get verbose() {
    return program.opts<{ verbose?: boolean }>().verbose ?? false;
  },
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  shell,
  exit: (code) => void (process.exitCode = code),
});

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
}
