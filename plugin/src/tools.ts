/** The tools: what models see of them, and which call of the bridge each one is. */
import type { BertScoreRequest, CallOptions, EmbedRequest, GpuBridge } from "../../index.js";
import { toolError } from "./errors.js";
import type { BridgeLifetime } from "./lifetime.js";
import type { Tool, ToolResult } from "./openclaw.js";
import { plainResult, scoresResult, vectorsResult } from "./results.js";
import { checkParameters, type ObjectSchema } from "./schema.js";

type Call<P> = (bridge: GpuBridge, parameters: P, options: CallOptions) => Promise<ToolResult>;

interface Definition<P> {
  name: string;
  label: string;
  description: string;
  parameters: ObjectSchema;
  call: Call<P>;
}

/** The five tools of 0.2, on one bridge. */
export function createTools(lifetime: BridgeLifetime): Tool[] {
  return [
    tool(lifetime, HEALTH),
    tool(lifetime, INFO),
    tool(lifetime, STATUS),
    tool(lifetime, BERTSCORE),
    tool(lifetime, EMBED),
  ];
}

function tool<P>(lifetime: BridgeLifetime, { call, ...shown }: Definition<P>): Tool {
  const execute = async (_callId: string, parameters: unknown, signal?: AbortSignal) => {
    const given = parameters ?? {};
    checkParameters(shown.parameters, given);
    try {
      return await call(lifetime.open(), given as P, signal ? { signal } : {});
    } catch (error) {
      throw toolError(error);
    }
  };
  return { ...shown, execute };
}

const NONE: ObjectSchema = { type: "object", properties: {}, required: [], additionalProperties: false };

const HEALTH: Definition<object> = {
  name: "gpu_health",
  label: "GPU health",
  description: "Check which GPU hosts are reachable and which device each one uses.",
  parameters: NONE,
  call: async (bridge, _parameters, options) => plainResult(await bridge.health(options)),
};

const INFO: Definition<object> = {
  name: "gpu_info",
  label: "GPU info",
  description: "Get GPU device info of every host: name, VRAM, PyTorch version, loaded models.",
  parameters: NONE,
  call: async (bridge, _parameters, options) => plainResult(await bridge.info(options)),
};

const STATUS: Definition<object> = {
  name: "gpu_status",
  label: "GPU status",
  description: "Get the queues of the GPU hosts and the progress of the jobs they run.",
  parameters: NONE,
  call: async (bridge, _parameters, options) => plainResult(await bridge.status(options)),
};

type BertScoreParameters = BertScoreRequest & { model?: string };

const BERTSCORE: Definition<BertScoreParameters> = {
  name: "gpu_bertscore",
  label: "BERTScore",
  description:
    "Compute BERTScore between candidate and reference texts. Returns precision, recall and F1 for each pair, and their means.",
  parameters: {
    type: "object",
    properties: {
      candidates: texts("Candidate texts to evaluate"),
      references: texts("Reference texts to compare against, as many as candidates"),
      lang: {
        type: "string",
        description: "Language code such as en; chooses the model where none is named",
      },
      model_type: {
        type: "string",
        description: "BERTScore model (default: the configured one, else the host's)",
      },
      model: { type: "string", description: "Alias for model_type" },
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
    required: ["candidates", "references"],
    additionalProperties: false,
  },
  call: async (bridge, { model, ...request }, options) => {
    const model_type = request.model_type ?? model;
    return scoresResult(
      await bridge.bertscore({ ...request, ...(model_type ? { model_type } : {}) }, options),
    );
  },
};

type EmbedParameters = EmbedRequest & { output?: "summary" | "inline" };

const EMBED: Definition<EmbedParameters> = {
  name: "gpu_embed",
  label: "Embeddings",
  description:
    "Turn texts into embedding vectors on a GPU host. Shows the vectors of a few texts, and a summary of more unless output is inline.",
  parameters: {
    type: "object",
    properties: {
      texts: texts("Texts to embed"),
      model: {
        type: "string",
        description: "Embedding model (default: the configured one, else the host's)",
      },
      dimensions: {
        type: "integer",
        minimum: 1,
        description: "Keep only the first so many numbers of each vector",
      },
      output: {
        type: "string",
        enum: ["summary", "inline"],
        description: "inline: all vectors; summary: none",
      },
    },
    required: ["texts"],
    additionalProperties: false,
  },
  call: async (bridge, { output, ...request }, options) =>
    vectorsResult(await bridge.embed(request, options), output),
};

function texts(description: string) {
  return { type: "array", items: { type: "string" }, minItems: 1, description } as const;
}
