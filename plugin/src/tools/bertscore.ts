/** Candidates against references, and the means that a reader wants first. */
import type { BertScoreRequest } from "../../../index.js";
import { integer, list, number, object, string } from "../output_schema.js";
import type { Answer, Definition } from "../tool.js";
import { model, parameters, texts } from "./parameters.js";

type Parameters = BertScoreRequest & { model?: string };

/** Models are shown the scores of so many pairs; the means of more. */
const SHOWN_PAIRS = 200;

const scores = { precision: list(number), recall: list(number), f1: list(number) };

export const bertscore: Definition<Parameters> = {
  name: "gpu_bertscore",
  label: "BERTScore",
  description:
    "Compute BERTScore between candidate and reference texts. Returns precision, recall and F1 for each pair, and their means.",
  parameters: parameters(
    {
      candidates: texts("Candidate texts to evaluate"),
      references: texts("Reference texts to compare against, as many as candidates"),
      lang: {
        type: "string",
        description: "Language code such as en; chooses the model where none is named",
      },
      model_type: model("BERTScore"),
      model: { ...model("BERTScore"), description: "Alias for model_type" },
      num_layers: {
        type: "integer",
        minimum: 0,
        description: "Score on this layer's output (default: the model's best)",
      },
      idf: { type: "boolean", description: "Weigh tokens by how rare they are among the references" },
      rescale_with_baseline: {
        type: "boolean",
        description: "Rescale so that unrelated texts score about 0",
      },
    },
    "candidates",
    "references",
  ),
  output: object({
    ...scores,
    means: object({ precision: number, recall: number, f1: number }),
    model: string,
    "num_layers?": integer,
    truncated: list(integer),
  }),
  run: async ({ bridge, options }, { model, ...request }) => {
    const model_type = request.model_type ?? model;
    const scored = await bridge.bertscore({ ...request, ...(model_type && { model_type }) }, options);
    const { precision, recall, f1 } = scored;
    return shown({ ...scored, means: { precision: mean(precision), recall: mean(recall), f1: mean(f1) } });
  },
};

function shown(details: { f1: number[]; means: object; model: string }): Answer {
  const pairs = details.f1.length;
  if (pairs <= SHOWN_PAIRS) return { details };
  const note = `The scores of the ${pairs} pairs are in the details.`;
  return { details, text: JSON.stringify({ means: details.means, model: details.model, pairs, note }) };
}

function mean(numbers: number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
