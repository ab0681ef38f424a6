/** Texts against texts: the scores and the best matches, which is what one mostly wants embeddings for. */
import { nearest, type Matrix } from "../cosine.js";
import { ToolInputError } from "../errors.js";
import { integer, list, number, object, string, tokens } from "../output_schema.js";
import type { Definition } from "../tool.js";
import { model, parameters, texts } from "./parameters.js";

interface Parameters {
  texts: string[];
  against?: string[];
  top_k?: number;
  model?: string;
}

const DEFAULT_MATCHES = 5;
const MOST_MATCHES = 10_000;
const MOST_PAIRS = 4_000_000;
/** Of a score, after the point: as exact as the vectors are. */
const DIGITS = 6;

export const similarity: Definition<Parameters> = {
  name: "gpu_similarity",
  label: "Similarity",
  description:
    "Find the texts that mean nearly the same: compares texts with other texts, or with each other, and returns the best matches with their cosine similarity.",
  parameters: parameters(
    {
      texts: texts("Texts to find matches for"),
      against: texts("Texts to search (default: texts, each without itself)"),
      top_k: {
        type: "integer",
        minimum: 1,
        maximum: MOST_MATCHES,
        description: `Matches a text, best first (default: ${DEFAULT_MATCHES})`,
      },
      model: model("Embedding"),
    },
    "texts",
  ),
  output: object({
    matches: list(list(object({ index: integer, score: number }))),
    model: string,
    dimensions: integer,
    truncated: list(integer),
    truncated_against: list(integer),
    usage: tokens,
  }),
  run: async ({ bridge, options }, { texts, against, top_k: most = DEFAULT_MATCHES, model }) => {
    checkSize(texts.length, (against ?? texts).length, most);
    const all = [...texts, ...(against ?? [])];
    const embedded = await bridge.embed({ texts: all, ...(model && { model }) }, options);
    const queries = rows(embedded, 0, texts.length);
    const keys = against ? rows(embedded, texts.length, all.length) : queries;
    const search = { most, skipSelf: !against, signal: options.signal };
    const matches = await nearest(queries, keys, search);
    const { dimensions, usage, truncated } = embedded;
    return {
      details: {
        matches: matches.map((row) =>
          row.map(({ index, score }) => ({ index, score: Number(score.toFixed(DIGITS)) })),
        ),
        model: embedded.model,
        dimensions,
        truncated: truncated.filter((index) => index < texts.length),
        truncated_against: truncated
          .filter((index) => index >= texts.length)
          .map((index) => index - texts.length),
        usage,
      },
    };
  },
};

function checkSize(texts: number, against: number, most: number): void {
  const matches = texts * Math.min(most, against);
  if (matches > MOST_MATCHES)
    throw new ToolInputError(
      `${texts} \`texts\` with ${most} matches each are ${matches} matches; up to ${MOST_MATCHES} are answered. Lower \`top_k\`, or pass fewer texts.`,
    );
  if (texts * against > MOST_PAIRS)
    throw new ToolInputError(
      `${texts} \`texts\` against ${against} are ${texts * against} pairs; up to ${MOST_PAIRS} are compared. Pass fewer texts.`,
    );
}

function rows({ vectors, dimensions }: Matrix, from: number, to: number): Matrix {
  return { vectors: vectors.subarray(from * dimensions, to * dimensions), dimensions };
}
