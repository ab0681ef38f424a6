/** The commands that have texts worked on, with their flags. */
import type { Command } from "commander";
import { bertscore, type BertscoreFlags } from "./bertscore.js";
import { embed } from "./embed/embed.js";
import type { EmbedFlags } from "./embed/options.js";
import { rerank, type RerankFlags } from "./rerank.js";
import { runCommand } from "./run.js";
import type { Source } from "./source.js";

const DEFAULT_CHUNK = "1000";

export function addTextCommands(program: Command, source: Source): void {
  addEmbed(program, source);
  addBertscore(program, source);
  addRerank(program, source);
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
    .option("--field <name>", "lines are JSON objects; take this field of them, such as body or message.text")
    .option("--model <name>", "the model; default: the config's, else the host's")
    .option("--dimensions <n>", "keep the first so many numbers of each vector, scaled back to length 1")
    .option("--normalize", "scale vectors to length 1")
    .option("--no-normalize", "leave out the model's own scaling")
    .option("--prompt-name <name>", "a prompt that the model's configuration names, put before each text")
    .option("--resume", "go on with a run that was cut short, with the same input and settings")
    .option("--force", "start anew, though a run was cut short")
    .option("--report-truncated <file>", "write the numbers of the lines that were cut, one a line")
    .option("--chunk <n>", "texts a call, as far as limits.maxBatchSize of the config allows", DEFAULT_CHUNK)
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
    .option("--idf", "weigh tokens by how rare they are among all references; one host then gets all pairs")
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
    .option("--field <name>", "lines are JSON objects; take this field of them, such as body or message.text")
    .option("--model <name>", "the model; default: the config's, else the host's")
    .option("-n, --top-n <n>", "show the best so many", "10")
    .option("--raw-scores", "show the model's raw outputs")
    .option("--json", "print the results as JSON, with the texts")
    .option("-q, --quiet", "show no progress")
    .action((query: string, file: string | undefined, flags: RerankFlags) =>
      runCommand(source, (context) => rerank(context, query, file, flags)),
    );
}
