/** The part of OpenClaw's contract for embedding providers that is used here, as the host of 2026.9.6 has it. */
import type { EmbeddingSettings, IndexIdentity } from "./identity.js";

export type EmbeddingInput = string | { text: string; parts?: { type: string }[] };

export interface CallerOptions {
  signal?: AbortSignal;
  /** What the texts are for: `query`, `document` and others. */
  inputType?: string;
}

export interface BatchOptions {
  chunks: { text: string }[];
  timeoutMs: number;
}

export interface EmbeddingAdapter {
  id: string;
  defaultModel: string;
  transport: "remote";
  /** From the configuration only: no network, no secrets. */
  normalizeModel(settings: EmbeddingSettings): string;
  resolveIndexIdentity(settings: EmbeddingSettings): IndexIdentity;
  create(settings: EmbeddingSettings): Promise<{ provider: EmbeddingProvider; runtime: EmbeddingRuntime }>;
  formatSetupError(error: unknown): string;
}

export interface EmbeddingProvider {
  id: string;
  model: string;
  dimensions?: number;
  embed(input: EmbeddingInput, options?: CallerOptions): Promise<number[]>;
  embedBatch(inputs: EmbeddingInput[], options?: CallerOptions): Promise<number[][]>;
}

export interface EmbeddingRuntime {
  id: string;
  /** What tells a cached vector of this provider from another. */
  cacheKeyData: Record<string, unknown>;
  /** How long the host waits for a query, and for a batch of documents. */
  inlineQueryTimeoutMs: number;
  inlineBatchTimeoutMs: number;
  /** Whether chunks of many files may come together. */
  sourceWideBatchEmbed: boolean;
  /** For `memory.search.remote.batch.enabled`. */
  batchEmbed(options: BatchOptions): Promise<number[][]>;
}
