/**
 * The commands, defined on a program of commander's: that of `gpu-bridge`, or one that offers them among its own. Only
 * commander's types are used here, so the program may come with a commander of its own.
 */
import type { Command } from "commander";
import { bench, type BenchFlags } from "./bench/bench.js";
import { bertscore, type BertscoreFlags } from "./bertscore.js";
import { embed } from "./embed/embed.js";
import type { EmbedFlags } from "./embed/options.js";
import { rerank, type RerankFlags } from "./rerank.js";
import { runCommand } from "./run.js";
import type { Source } from "./source.js";
import { status, type StatusFlags } from "./status/status.js";
import { CHECK_NAMES, validate, type ValidateFlags } from "./validate/validate.js";

export type { Source } from "./source.js";

const DEFAULT_CHUNK = "1000";

/** Adds all of them. */
export function addCommands(program: Command, source: Source): void {
  addStatus(program, source);
  addEmbed(program, source);
  addBertscore(program, source);
  addRerank(program, source);
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

function addEmbed(program: Command, source: Source): void {
  program
    .command("embed")
    .description("turn the lines of a file into vectors")
    .argument("<file>", "one text a line, or - for the standard input")
    .option(
      "-o, --output <file>",
      "where the vectors go: .npy, .safetensors, .jsonl or .f32; default: the standard output",
    )
    .option("--format <name>", "npy, safetensors, jsonl or raw (float32), whatever the suffix says")
    .option("--field <name>", "lines are JSON objects; take this field of them")
    .option("--model <name>", "the model; default: the config's, else the host's")
    .option("--dimensions <n>", "keep the first so many numbers of each vector, scaled back to length 1")
    .option("--normalize", "scale vectors to length 1")
    .option("--no-normalize", "leave out the model's own scaling")
    .option("--prompt-name <name>", "a prompt that the model's configuration names, put before each text")
    .option("--resume", "go on with a run that was cut short, with the same input and settings")
    .option("--force", "start anew, though a run was cut short")
    .option("--report-truncated <file>", "write the numbers of the lines that were cut, one a line")
    .option("--chunk <n>", "texts a call", DEFAULT_CHUNK)
    .option("--in-flight <n>", "calls at a time; default: 4, or 2 for each host")
    .option("-q, --quiet", "say nothing but errors")
    .addHelpText("after", EMBED_HELP)
    .action((file: string, flags: EmbedFlags) =>
      runCommand(source, (context) => embed(context, file, flags)),
    );
}

const EMBED_HELP = `
Every line is a text, an empty one too: row i of the output is line i + 1 of the input. Memory does not grow with the
input. Until it is whole, the output stands beside its place as FILE.part, with a journal in FILE.part.json.`;

function addBertscore(program: Command, source: Source): void {
  program
    .command("bertscore")
    .description("score the lines of a file against those of another")
    .argument("<candidates>", "one text a line")
    .argument("<references>", "one text a line, as many")
    .option("-o, --output <file>", "write the scores of every pair: .jsonl, .csv or .npy (columns P, R, F1)")
    .option("--lang <code>", "choose the model by language, as bert-score does")
    .option("--model <name>", "the model; default: the config's, else the host's")
    .option("--num-layers <n>", "score on this layer's output")
    .option("--idf", "weigh tokens by how rare they are among the references")
    .option("--rescale-with-baseline", "rescale so that unrelated texts score about 0")
    .option("--json", "print the means as JSON")
    .option("-q, --quiet", "show no progress")
    .action((candidates: string, references: string, flags: BertscoreFlags) =>
      runCommand(source, (context) => bertscore(context, candidates, references, flags)),
    );
}

function addRerank(program: Command, source: Source): void {
  program
    .command("rerank")
    .description("order the lines of a file by their relevance to a query")
    .argument("<query>", "what is looked for, or the file with --query-file")
    .argument("[file]", "one document a line, or - for the standard input")
    .option(
      "--query-file <file>",
      "read the query from a file; the only argument is then the documents' file",
    )
    .option("--field <name>", "lines are JSON objects; take this field of them")
    .option("--model <name>", "the model; default: the config's, else the host's")
    .option("-n, --top-n <n>", "show the best so many", "10")
    .option("--raw-scores", "show the model's raw outputs")
    .option("--json", "print the results as JSON, with the texts")
    .option("-q, --quiet", "show no progress")
    .action((query: string, file: string | undefined, flags: RerankFlags) =>
      runCommand(source, (context) => rerank(context, query, file, flags)),
    );
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
    .option("--restore-cmd <command>", "starts it again");
}

const VALIDATE_HELP = `
The hosts do real work for it, some seconds each. What can't be checked is skipped, and said so. Exit codes: 0 nothing
failed, 1 something did.`;
