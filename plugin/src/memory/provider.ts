/**
 * The embedding provider `gpu-bridge`: memory search, `infer embedding` and the gateway's `/v1/embeddings` over the
 * same pool of hosts as the tools.
 */
import type { CallOptions, EmbedRequest } from "../../../index.js";
import { timeoutSeconds } from "../config.js";
import { reasonOf } from "../drain.js";
import { messageOf } from "../errors.js";
import type { BridgeLifetime } from "../lifetime.js";
import { Coalescer } from "./coalescer.js";
import { SameModel } from "./same_model.js";
import { embeddingError } from "./errors.js";
import { DEFAULT_MODEL, indexIdentity, modelName, promptsOf, type EmbeddingSettings } from "./identity.js";
import type { BatchOptions, CallerOptions, EmbeddingAdapter, EmbeddingInput } from "./contract.js";

export const PROVIDER = "gpu-bridge";

/** Seconds for documents, which nobody sits waiting for; a host that hangs is found long before. */
const PATIENCE = 600;
/** Milliseconds beyond a call's own deadline, in which the bridge says itself that it was missed. */
const GRACE = 5_000;

export function createEmbeddingAdapter(lifetime: BridgeLifetime): EmbeddingAdapter {
  const { config } = lifetime;
  return {
    id: PROVIDER,
    defaultModel: config?.models?.embed ?? DEFAULT_MODEL,
    transport: "remote",
    normalizeModel: ({ model }) => modelName(model, config),
    resolveIndexIdentity: (settings) => indexIdentity(settings, config),
    create: (settings) => create(lifetime, settings),
    formatSetupError: messageOf,
  };
}

async function create(lifetime: BridgeLifetime, settings: EmbeddingSettings) {
  lifetime.needConfig();
  await lifetime.unlock();
  const { model, cacheKeyData } = indexIdentity(settings, lifetime.config);
  const embedder = new Embedder(lifetime, model, settings);
  const { dimensions } = settings;
  const provider = { id: PROVIDER, model, ...(dimensions && { dimensions }), ...embedder.calls };
  const runtime = {
    id: PROVIDER,
    cacheKeyData,
    inlineQueryTimeoutMs: timeoutSeconds(lifetime.config) * 1000 + GRACE,
    inlineBatchTimeoutMs: PATIENCE * 1000 + GRACE,
    sourceWideBatchEmbed: true,
    batchEmbed: embedder.batch,
  };
  return { provider, runtime };
}

class Embedder {
  readonly #lifetime: BridgeLifetime;
  readonly #request: Omit<EmbedRequest, "texts">;
  readonly #prompts: ReturnType<typeof promptsOf>;
  readonly #documents: Coalescer;
  readonly #same = new SameModel();

  constructor(lifetime: BridgeLifetime, model: string, settings: EmbeddingSettings) {
    const { dimensions } = settings;
    this.#lifetime = lifetime;
    this.#request = { model, ...(dimensions && { dimensions }) };
    this.#prompts = promptsOf(settings);
    this.#documents = new Coalescer((texts, signal) =>
      this.#embed(texts, this.#prompts.document, { signal, timeout: PATIENCE }),
    );
  }

  get calls() {
    return {
      embed: async (input: EmbeddingInput, options: CallerOptions = {}) =>
        (await this.#texts([text(input)], options))[0]!,
      embedBatch: (inputs: EmbeddingInput[], options: CallerOptions = {}) =>
        this.#texts(inputs.map(text), options),
    };
  }

  /** Everything that a source has to index, in one call: the pool does the splitting. */
  readonly batch = ({ chunks, timeoutMs }: BatchOptions): Promise<number[][]> =>
    this.#embed(chunks.map(text), this.#prompts.document, {
      signal: this.#lifetime.drain.signal(),
      timeout: timeoutMs / 1000,
    });

  /** A query is never held up by documents. */
  #texts(texts: string[], { signal: own, inputType }: CallerOptions): Promise<number[][]> {
    if (texts.length === 0) return Promise.resolve([]);
    const signal = this.#lifetime.drain.signal(own);
    if (inputType !== "query") return this.#documents.add(texts, signal);
    return this.#embed(texts, this.#prompts.query, { signal });
  }

  async #embed(texts: string[], prompt: string | undefined, options: CallOptions): Promise<number[][]> {
    const request = { ...this.#request, texts, ...(prompt && { prompt_name: prompt }) };
    try {
      const answer = await this.#lifetime.open().embed(request, options);
      this.#same.check(answer);
      return answer.embeddings;
    } catch (error) {
      throw embeddingError(reasonOf(error));
    }
  }
}

function text(input: EmbeddingInput): string {
  if (typeof input === "string") return input;
  const other = input.parts?.find(({ type }) => type !== "text");
  if (other)
    throw new Error(`GPU hosts embed text, not ${other.type}. Index text only, or use another provider.`);
  return input.text;
}
