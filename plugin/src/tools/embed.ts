/**
 * Texts to vectors. A model can't read vectors, and they would fill its context: few are shown, many are written to a
 * file in the workspace or only summed up.
 */
import { ToolInputError } from "../errors.js";
import { integer, list, object, string, tokens } from "../output_schema.js";
import { readTexts } from "../texts_file.js";
import type { Definition, Work } from "../tool.js";
import { FORMATS, vectorsPath, type FormatChoice } from "../vectors_path.js";
import { embedInto, TEXTS_A_CALL } from "../embed_blocks.js";
import { FileSink, InlineSink, NoSink, type Sink } from "../vector_sinks.js";
import { model, parameters, texts } from "./parameters.js";

interface Parameters extends FormatChoice {
  texts?: string[];
  file?: string;
  field?: string;
  model?: string;
  dimensions?: number;
  output?: "summary" | "file" | "inline";
}

/** Calls that a file of texts may need; what it holds isn't known before it is read. */
const CALLS_FOR_A_FILE = 20;

export const embed: Definition<Parameters> = {
  name: "gpu_embed",
  label: "Embeddings",
  description:
    "Turn texts, given or from a file, into embedding vectors on a GPU host. Writes them to a file in the workspace, or shows those of a few texts. To compare texts use gpu_similarity instead.",
  parameters: parameters({
    texts: texts("Texts to embed; this or file"),
    file: {
      type: "string",
      minLength: 1,
      description: "A file in the workspace with one text a line, or JSON lines (.jsonl); this or texts",
    },
    field: {
      type: "string",
      minLength: 1,
      description: "Field of the JSON lines with the text (default: text)",
    },
    model: model("Embedding"),
    dimensions: {
      type: "integer",
      minimum: 1,
      description: "Keep only the first so many numbers of each vector",
    },
    output: {
      type: "string",
      enum: ["summary", "file", "inline"],
      description:
        "file: write the vectors; inline: show them; summary: neither (default: file where path or format is given, inline for a few vectors, else summary)",
    },
    path: {
      type: "string",
      minLength: 1,
      description:
        "Where in the workspace to write, ending in .npy, .safetensors or .jsonl (default: a name made from the texts)",
    },
    format: { type: "string", enum: FORMATS, description: "Format of the file (default: by path, else npy)" },
  }),
  output: object({
    model: string,
    dimensions: integer,
    count: integer,
    truncated: list(integer),
    truncated_count: integer,
    usage: tokens,
    output: string,
    "path?": string,
    "format?": string,
    "bytes?": integer,
  }),
  calls: ({ texts, file }) => (file ? CALLS_FOR_A_FILE : Math.ceil((texts?.length ?? 1) / TEXTS_A_CALL)),
  run: async (work, parameters) => {
    const all = await textsOf(work, parameters);
    const sink = await sinkOf(work, parameters, all);
    try {
      const details = await embedInto(sink, work, { ...parameters, texts: all });
      return await sink.finish(details);
    } catch (error) {
      await sink.discard();
      throw error;
    }
  },
};

async function textsOf({ workspace }: Work, { texts, file, field }: Parameters): Promise<string[]> {
  if ((texts === undefined) === (file === undefined))
    throw new ToolInputError(
      `\`texts\` and \`file\` are ${texts ? "both given" : "both missing"}; give one of them.`,
    );
  if (field !== undefined && file === undefined)
    throw new ToolInputError(`\`field\` is "${field}", but there is no \`file\` to look it up in.`);
  return texts ?? (await readTexts(workspace, file ?? "", field ?? "text"));
}

async function sinkOf(work: Work, parameters: Parameters, all: string[]): Promise<Sink> {
  const { output, path, format } = parameters;
  const named = path !== undefined || format !== undefined;
  if (named && output !== undefined && output !== "file")
    throw new ToolInputError(
      `\`output\` is "${output}", but \`path\` and \`format\` are for "file". Leave them out.`,
    );
  if (named || output === "file") return new FileSink(work.files, await vectorsPath(work, parameters, all));
  return output === "summary" ? new NoSink() : new InlineSink(work.files, output === "inline");
}
