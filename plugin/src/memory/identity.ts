/**
 * Which model an index is made with, and by what it is known again. Hosts are no part of it: an index stays valid when
 * a host comes, goes or moves, and a request never goes out without the model's name, so no host's own default can
 * mix in.
 */
import type { GpuBridgeConfig } from "../../../index.js";

/** What the host's configuration says of the embeddings, under `memory.search`. */
export interface EmbeddingSettings {
  model?: string;
  dimensions?: number;
  /** A prompt of the model's, for queries and for documents. */
  inputType?: string;
  queryInputType?: string;
  documentInputType?: string;
}

export interface IndexIdentity {
  model: string;
  cacheKeyData: Record<string, unknown>;
}

/** The prompts that stand before queries and before documents; none where the settings name none. */
export function promptsOf({ inputType, queryInputType, documentInputType }: EmbeddingSettings) {
  return { query: queryInputType ?? inputType, document: documentInputType ?? inputType };
}

/** What the service serves where nobody says otherwise. */
export const DEFAULT_MODEL = "all-MiniLM-L6-v2";

/** The model as the hosts know it: what is asked for, else the bridge's own, else the default. */
export function modelName(asked: string | undefined, config: GpuBridgeConfig | undefined): string {
  const name = asked?.replace(/^gpu-bridge\//, "");
  return shortest(name || config?.models?.embed || DEFAULT_MODEL);
}

/** `sentence-transformers/NAME` and `NAME` are the same model. */
function shortest(name: string): string {
  return name.replace(/^sentence-transformers\//, "");
}

export function indexIdentity(
  settings: EmbeddingSettings,
  config: GpuBridgeConfig | undefined,
): IndexIdentity {
  const model = modelName(settings.model, config);
  const { dimensions } = settings;
  return { model, cacheKeyData: { provider: "gpu-bridge", model, dimensions, ...promptsOf(settings) } };
}
