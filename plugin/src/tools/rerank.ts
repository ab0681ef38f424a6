/** Documents by their relevance to a query: what to do with the first fifty hits of a search. */
import type { RerankRequest } from "../../../index.js";
import { integer, list, number, object, string, tokens } from "../output_schema.js";
import type { Definition } from "../tool.js";
import { model, parameters, texts } from "./parameters.js";

export const rerank: Definition<RerankRequest> = {
  name: "gpu_rerank",
  label: "Rerank",
  description:
    "Order documents by their relevance to a query, best first, with a cross-encoder on a GPU host. More exact than gpu_similarity, and slower: meant for the best candidates of a search.",
  parameters: parameters(
    {
      query: { type: "string", description: "What is looked for" },
      documents: texts("Documents to order"),
      top_n: { type: "integer", minimum: 1, description: "Answer only the best so many (default: all)" },
      model: model("Reranking"),
    },
    "query",
    "documents",
  ),
  output: object({
    results: list(object({ index: integer, relevance_score: number })),
    model: string,
    truncated: list(integer),
    usage: tokens,
  }),
  run: async ({ bridge, options }, request) => ({ details: await bridge.rerank(request, options) }),
};
