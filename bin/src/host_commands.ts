/** The commands about the hosts themselves, with their flags. */
import type { Command } from "commander";
import { bench, type BenchFlags } from "./bench/bench.js";
import { runCommand } from "./run.js";
import type { Source } from "./source.js";
import { status, type StatusFlags } from "./status/status.js";
import { CHECK_NAMES, validate, type ValidateFlags } from "./validate/validate.js";

export function addHostCommands(program: Command, source: Source): void {
  addStatus(program, source);
  addBench(program, source);
  addValidate(program, source);
}

function addStatus(program: Command, source: Source): void {
  program
    .command("status")
    .description("show every host: health, device, memory, queue, throughput, models")
    .option("--watch [seconds]", "show it again every so many seconds, until Ctrl-C or q")
    .option("--json", "print JSON; with --watch one line each time")
    .addHelpText("after", "\nExit codes: 0 all hosts serve, 1 some do, 2 none does.")
    .action((flags: StatusFlags) => runCommand(source, (context) => status(context, flags)));
}

function addBench(program: Command, source: Source): void {
  program
    .command("bench")
    .description("measure what each host embeds alone, and all of them together")
    .option("--sizes <n,…>", "texts a call", "1,64,512")
    .option("--callers <n,…>", "calls at a time", "1,8")
    .option("--seconds <s>", "how long each row is measured, after a warm-up", "3")
    .option("--words <n>", "words a text", "16")
    .option("--model <name>", "the model; default: the config's, else the host's")
    .option("--json", "print the rows as JSON")
    .addHelpText(
      "after",
      "\nP50 and P95 are milliseconds a call; with one text a call, those of a single text.",
    )
    .action((flags: BenchFlags) => runCommand(source, (context) => bench(context, flags)));
}

function addValidate(program: Command, source: Source): void {
  const command = program
    .command("validate")
    .description("check your own hosts live: keys, agreement, balancing, failover, status")
    .option("--model <name>", "the model to check with; default: the config's, else the host's")
    .option("--only <checks>", `only some: ${CHECK_NAMES.join(", ")}`)
    .option(
      "--report <file>",
      "write the result into a Markdown file, as a section that the next run replaces",
    )
    .option("--json", "print the result as JSON")
    .addHelpText("after", VALIDATE_HELP)
    .action((flags: ValidateFlags) => runCommand(source, (context) => validate(context, flags)));
  if (!source.shell) return;
  command
    .option("--kill-cmd <command>", "stops one of the hosts; default: on a terminal you are asked to")
    .option("--restore-cmd <command>", "starts it again; runs also where the check breaks off");
}

const VALIDATE_HELP = `
The hosts do real work for it, some seconds each. What can't be checked is skipped, and said so. Exit codes: 0 nothing
failed, 1 something did.`;
