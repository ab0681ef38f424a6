/**
 * Embeddings, BERTScore and reranking over a pool of GPU hosts.
 *
 * Field names of requests and answers are those on the wire. Everything version 0.2 had keeps its name and shape;
 * fields that came later are missing where a host still runs 0.2.
 */

/** A pool of GPU hosts. Close it when it is no longer needed; an idle bridge never keeps the process alive. */
export class GpuBridge {
  /**
   * Reads the config and starts the health checks. Sends nothing before it returns.
   *
   * @throws {GpuBridgeError} `invalid_config`, naming the key that is wrong. A config without hosts is accepted; calls
   *   then reject with `not_configured`.
   */
  constructor(config: GpuBridgeConfig, options?: GpuBridgeOptions);

  /** Asks every host. The fields at the top are those of the best host. Rejects when none answers. */
  health(options?: CallOptions): Promise<HealthResponse>;

  /** Asks every host for its device and models. The fields at the top are those of the best host. */
  info(options?: CallOptions): Promise<InfoResponse>;

  /**
   * Asks every host what it is doing: the queue of the host with the most room, and the jobs of all hosts. Of an `openai`
   * host only what this bridge has in flight there is known.
   */
  status(options?: CallOptions): Promise<StatusResponse>;

  /**
   * Turns texts into vectors. A small request goes to one host, a large one is spread over all that hold the same
   * model; what a host fails to do another one does.
   */
  embed(request: EmbedRequest, options?: CallOptions): Promise<EmbedResponse>;

  /**
   * Scores candidates against references, spread over hosts as `embed` is. With `idf` a request stays on one host, for
   * the document frequencies are those of all its references.
   */
  bertscore(request: BertScoreRequest, options?: CallOptions): Promise<BertScoreResponse>;

  /**
   * Orders documents by their relevance to a query, best first, with a cross-encoder. Spread over hosts as `embed` is;
   * one model scores all documents of a call.
   */
  rerank(request: RerankRequest, options?: CallOptions): Promise<RerankResponse>;

  /** What the bridge knows of its hosts, without asking them. */
  hosts(): HostSnapshot[];

  /**
   * What the bridge has done and how its hosts are, as OpenMetrics text for Prometheus: serve it as
   * {@link metricsContentType}. Calls by outcome and duration; for each host requests by outcome and reason, faults by
   * code, tokens, durations, health checks, breaker, queue and throughput. Sends nothing.
   */
  metrics(): string;

  /** The media type of {@link metrics}. */
  static readonly metricsContentType: string;

  /** Ends running calls with `closed`, stops the health checks and joins the threads. Later calls are refused. */
  close(): Promise<void>;

  /** The same as {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The config. An unknown key is an error that names it. */
export interface GpuBridgeConfig {
  /** The hosts. Without them `serviceUrl` or `url` names the only one. */
  hosts?: HostConfig[];
  /** The only host, as 0.1 named it. */
  serviceUrl?: string;
  /** The same as `serviceUrl`. */
  url?: string;
  /** The key for hosts without one of their own. */
  apiKey?: string;
  /** Seconds one call may take, all attempts together. Default: 45. */
  timeout?: number;
  /** Seconds between health checks of a host. Default: 30. */
  healthCheckIntervalSeconds?: number;
  /** How a host is picked. Default: `round-robin`. */
  loadBalancing?: "round-robin" | "least-busy";
  /** Models for calls that name none. Where these are missing too, the host's own default answers. */
  models?: { embed?: string; bertscore?: string; rerank?: string };
  /** What one call may ask for. */
  limits?: {
    /** Texts, pairs or documents a call. Default: unlimited; what is more than a host takes is split. */
    maxBatchSize?: number;
    /** Unicode code points a text. Default: 10,000. */
    maxTextLength?: number;
  };
  /** How much may be tried again. */
  retries?: {
    /** Attempts after a failure, in percent of the calls. Default: 20. */
    budgetPercent?: number;
  };
  /** Copies of requests that take a host longer than 19 of 20 such do. The first answer wins. */
  hedge?: {
    /** Default: `true`. */
    enabled?: boolean;
    /** Copies, in percent of the requests. Default: 5. */
    maxExtraPercent?: number;
  };
}

/** What a bridge works with that no config file can hold. */
export interface GpuBridgeOptions {
  /** Told what the bridge does. Default: nobody. */
  logger?: Logger;
}

/**
 * Who is told what the bridge does: whole sentences that name the host, the attempt and what happens next, never a key.
 * `console` is one. It is not called after `close()`, and doesn't keep the process alive. What it throws is dropped.
 */
export interface Logger {
  /** Single calls: a failed attempt, a copy sent to another host, a wait, a failed health check. */
  debug?(line: string): void;
  /** A host that is back, or that said it is stopping. */
  info(line: string): void;
  /** A host that is out, or that refuses the key: one line when it goes, however many calls it costs. */
  warn(line: string): void;
  /** What a person should look at. */
  error(line: string): void;
}

/** One GPU host. */
export interface HostConfig {
  /** Where its gpu-service listens, such as `http://gpu-1:8765`, or another server of its `protocol`. */
  url: string;
  /**
   * What it speaks. Default: `gpu-bridge`, which is gpu-service. `openai` is any server with `/v1/embeddings`, such as
   * vLLM, text-embeddings-inference, Ollama or llama.cpp. It gets calls of `embed` without `normalize`, `prompt_name` and
   * `truncate_dim`, and nothing else. The `url` may end in `/v1`. `models.embed` names the model; it may be missing where no
   * gpu-service is configured and such a host has one model only. What such a host cuts it doesn't tell, so `truncated` is
   * empty. Where it passes `dimensions` over, or doesn't scale what is left to length 1, that is done here.
   */
  protocol?: "gpu-bridge" | "openai";
  /** What answers and errors call it. Default: `gpu-1`, `gpu-2` and so on. */
  name?: string;
  /** Its key. */
  apiKey?: string;
  /** Its share of the calls, relative to the other hosts. Default: 1. */
  weight?: number;
  /**
   * The entry stands for many hosts: all that DNS has for the url's name, as long as it has them. A name of the form
   * `_service._proto.name` has SRV records (the url then says no port; their weights divide the calls, and hosts of a
   * higher priority number are a reserve); any other has A and AAAA records, and every host listens on the url's port.
   * Each is called `NAME/ADDRESS:PORT`. TLS and the `Host` header go by the url's name.
   */
  discover?: "dns";
  /** What connections to an https host are made with. Files are read once, by the constructor. */
  tls?: HostTls;
}

/** TLS settings of a host. Each is a path, taken from the working directory, or PEM text. */
export interface HostTls {
  /** Certificates to trust for this host, beside the machine's: of authorities, or its own. */
  ca?: string;
  /** The certificate to show to the host, with those between it and its authority. Needs `key`. */
  cert?: string;
  /** The key of `cert`: PKCS #8, PKCS #1 or SEC 1, not encrypted. */
  key?: string;
}

/** Options every call takes. */
export interface CallOptions {
  /** Ends the call with code `aborted`, and its work on the host. The signal's reason is the error's `cause`. */
  signal?: AbortSignal;
  /** Seconds this call may take. Default: the config's `timeout`. */
  timeout?: number;
  /**
   * The caller's span, as W3C's header of that name. Each request to a host is a child of it and says so in its own
   * `traceparent`, so that logs and traces of both ends go by one id. Default, and where W3C calls it invalid: the call
   * is a trace of its own. `health()` shares its checks with other callers and passes none on.
   */
  traceparent?: string;
  /** W3C's header of that name, passed on beside a valid `traceparent`. */
  tracestate?: string;
  /**
   * Told by `embed`, `bertscore` and `rerank` whenever a part is done: texts, pairs or documents, and who did the last. Not
   * told after an abort. What it throws is an uncaught exception of the process, and costs the call nothing.
   */
  onProgress?: (progress: { done: number; total: number; host: string }) => void;
}

/** Texts to turn into vectors. */
export interface EmbedRequest {
  /** At least one. */
  texts: string[];
  /** Default: `models.embed` of the config, else the host's own default. */
  model?: string;
  /** Keep only the first so many numbers of each vector, then scale it back to length 1. */
  dimensions?: number;
  /** Keep only the first so many numbers of each vector and leave them as they are. Not together with `dimensions`. */
  truncate_dim?: number;
  /** `true` scales vectors to length 1, `false` leaves out the model's own scaling. Default: as the model does. */
  normalize?: boolean;
  /** A prompt that the model's own configuration names, put before each text. */
  prompt_name?: string;
}

/** Vectors, in the order of the texts. */
export interface EmbedResponse {
  /** All vectors, row after row: `texts.length * dimensions` numbers, not copied on their way. */
  readonly vectors: Float32Array;
  /** Length of each vector. */
  readonly dimensions: number;
  /** The model that answered. */
  readonly model: string;
  /** 0.2's shape: a list of numbers for each text. Made from `vectors` on the first look. */
  readonly embeddings: number[][];
  /** Indices of the texts that were longer than the model reads. */
  readonly truncated: number[];
  /** What the request cost; 0 where the host runs 0.2. */
  readonly usage: { tokens: number };
  /** Equal where vectors fit together, whichever host made them; missing where the host doesn't say. */
  readonly fingerprint?: string;
  /** The answer as services send it, for `JSON.stringify`. */
  toJSON(): {
    embeddings: number[][];
    model: string;
    dimensions: number;
    truncated: number[];
    usage: { tokens: number };
  };
}

/** Candidates to score against references. */
export interface BertScoreRequest {
  /** At least one. */
  candidates: string[];
  /** As many as candidates: one text each, or a list of texts each of which the best counts. */
  references: string[] | string[][];
  /** Chooses the model where none is named, as Python's `bert-score` does. */
  lang?: string;
  /** Default: `models.bertscore` of the config, else the host's own default. */
  model_type?: string;
  /** Score on this layer's output. Default: the layer that `bert-score` uses for the model, else the last. */
  num_layers?: number;
  /** Weigh tokens by how rare they are among the references. */
  idf?: boolean;
  /** Rescale by the published baselines, so that unrelated texts score about 0. */
  rescale_with_baseline?: boolean;
}

/** Scores, one each for every candidate. */
export interface BertScoreResponse {
  /** How much of the candidate the reference backs. */
  precision: number[];
  /** How much of the reference the candidate covers. */
  recall: number[];
  /** Harmonic mean of the two. */
  f1: number[];
  /** The model that answered. */
  model: string;
  /** The layer scored on. */
  num_layers?: number;
  /** Indices of the pairs with a text that was longer than the model reads. */
  truncated: number[];
}

/** A query and the documents to order by it. */
export interface RerankRequest {
  /** What is looked for. */
  query: string;
  /** At least one. A text, bare or wrapped. */
  documents: (string | { text: string })[];
  /** A cross-encoder with one label. Default: `models.rerank` of the config, else the host's own default. */
  model?: string;
  /** Answer only the best so many. Default: all. */
  top_n?: number;
  /** Put each document's text beside its score. */
  return_documents?: boolean;
  /** Answer the model's raw outputs instead of what it makes of them, in most models a number between 0 and 1. */
  raw_scores?: boolean;
}

/** The documents, best first; those of equal relevance in the order of the request. */
export interface RerankResponse {
  /** All documents, or the best `top_n`. */
  results: RankedDocument[];
  /** The model that answered. */
  model: string;
  /** Indices of the documents that were longer, together with the query, than the model reads. */
  truncated: number[];
  /** Tokens the model read, those of the query once for each document. */
  usage: { tokens: number };
}

/** A document's place in the answer. */
export interface RankedDocument {
  /** Its place in the request. */
  index: number;
  /** The higher, the more relevant. */
  relevance_score: number;
  /** The document, where `return_documents` asks for it. */
  document?: { text: string };
}

/** How the pool is: the fields of the best host, and every host's own. */
export interface HealthResponse extends HostHealth {
  /** Every host, in the order of the config. */
  hosts: HostAnswer<HostHealth>[];
}

/** Whether a host takes work. */
export interface HostHealth {
  /** Only a host that is `ok` takes work. */
  status: "ok" | "starting" | "draining" | "error";
  /** The device that does the work: `cuda:0`, `mps`, `cpu`. */
  device: string;
  /** Why the status isn't `ok`. */
  detail?: string;
}

/** What the pool has: the fields of the best host, and every host's own. */
export interface InfoResponse extends HostInfo {
  /** Every host, in the order of the config. */
  hosts: HostAnswer<HostInfo>[];
}

/** The device and the models of a host. */
export interface HostInfo {
  /** `cuda:0`, `mps`, `cpu`. */
  device: string;
  /** The device's own name, such as `NVIDIA H100`. */
  device_name: string;
  /** Memory of the device in MiB; `null` where the device is a CPU. */
  vram_total_mb: number | null;
  /** Memory of the device in use, in MiB; `null` where the device is a CPU. */
  vram_used_mb: number | null;
  /** Version of libtorch. */
  pytorch_version: string;
  /** Version of CUDA; `null` without it. */
  cuda_version: string | null;
  /** `embed:NAME` or `bertscore:NAME` for each model in memory. */
  loaded_models: string[];
  /** Version of the service. */
  version?: string;
  /** What one request may hold, and how many are taken at once. */
  limits?: { max_batch_size: number; max_text_length: number; max_concurrent: number };
  /** Details of the models in memory, and the reason for each default model that couldn't be had. */
  models: ModelInfo[];
}

/** A model that a host holds, or failed to get. */
export interface ModelInfo {
  /** As requests name it. */
  name: string;
  /** What it is loaded for. */
  task: "embed" | "bertscore" | "rerank";
  /** `float32`, `float16` or `bfloat16`. */
  dtype?: string;
  /** Length of its vectors. */
  dimensions?: number;
  /** Tokens it reads of a text. */
  max_seq_length?: number;
  /** Memory of its weights, in MiB. */
  memory_mb?: number;
  /** Digest of weights, config and dtype: equal digests give equal answers. */
  fingerprint?: string;
  /** Why the model couldn't be had; missing for one that is in memory. */
  error?: string;
}

/** What the pool is doing. */
export interface StatusResponse {
  /** The queue of the host with the most room. */
  queue: QueueStatus;
  /** The jobs of all hosts, each with its host's name. */
  active_jobs: (ActiveJob & { host: string })[];
  /** The models that hosts are loading, each with its host's name. */
  loading: (LoadingModel & { host: string })[];
  /** Every host, in the order of the config. */
  hosts: HostAnswer<{ queue: QueueStatus; active_jobs: ActiveJob[]; loading: LoadingModel[] }>[];
}

/** A model on its way into a host's memory. */
export interface LoadingModel {
  model: string;
  task: "embed" | "bertscore" | "rerank";
  /** What is being done. */
  phase: "downloading" | "loading";
  /** Share of the phase that is done, from 0 to 1; 0 where that can't be known. */
  progress: number;
  /** Bytes of the phase that are done. */
  bytes_done: number;
  /** Bytes of the phase; 0 until they are known. */
  bytes_total: number;
  /** When the phase began: RFC 3339, in UTC. */
  started_at: string;
}

/** How full a host is. */
export interface QueueStatus {
  /** Requests taken at once. */
  max_concurrent: number;
  /** Requests taken now. */
  in_flight: number;
  /** Requests that would still be taken. */
  available_slots: number;
  /** Requests whose work hasn't started. */
  waiting_estimate: number;
  /** Tokens that wait for the device; 0 where the host runs 0.2. */
  queued_tokens: number;
  /** Measured over the last batches; 0 before the first, and where the host runs 0.2. */
  tokens_per_second: number;
}

/** One request that a host works on. */
export interface ActiveJob {
  id: string;
  type: "embed" | "bertscore" | "rerank";
  /** RFC 3339, in UTC. */
  started_at: string;
  /** Texts or pairs. */
  items: number;
  model: string;
  /** From 0 to 1, as items finish. */
  progress: number;
}

/** One host's own answer, or what kept it from giving one. */
export type HostAnswer<T> = { name: string; url: string } & (
  | (T & { error?: undefined })
  | ({ error: { code: string; message: string } } & { [field in keyof T]?: undefined })
);

/** What the bridge knows of one host. */
export interface HostSnapshot {
  /** Its name in the config; of a host that was discovered, the entry's, a slash, and where it listens. */
  name: string;
  /** The name of the entry that it was discovered by, if it was. */
  entry?: string;
  /** The url of its entry. */
  url: string;
  /** What it speaks. */
  protocol: "gpu-bridge" | "openai";
  /** Whether it is given work: `unknown` and `healthy` hosts are. */
  health: "unknown" | "healthy" | "unhealthy" | "unauthorized" | "draining" | "parked";
  /**
   * Whether its breaker lets requests pass: all, none, or one that decides. A good health check closes it where the host
   * was gone; where requests failed only a request that is served does.
   */
  breaker: "closed" | "open" | "half-open";
  /** Its share of the calls, relative to the other hosts. */
  weight: number;
  /** Requests of this bridge that it hasn't answered. */
  inFlight: number;
  /** Requests of this bridge so far, health checks not counted. */
  requests: number;
  /** Those of them that failed. Refusals are no failures. */
  failures: number;
  /** Those of them, as far as they have ended, that were sent again after another attempt wasn't served. */
  retries: number;
  /** Those of them, as far as they have ended, that were copies of another host's late requests. */
  hedges: number;
  /** Copies that were served first. */
  hedgesWon: number;
  /** Tokens of what it served, as it counts them; estimated where it doesn't. */
  tokens: number;
  /** Seconds until it may be asked again, where it asked for a pause. */
  parkedSeconds?: number;
  /** Requests it had on hand when it last said so, those of other callers included. */
  queueInFlight?: number;
  /** Tokens that waited for its device when it last said so. */
  queueTokens?: number;
  /** Its throughput, in its own tokens, when it last said so. */
  tokensPerSecond?: number;
  /** The part of its device's memory in use when it last said so, 0 to 1; 0 on a CPU. */
  memoryUtilization?: number;
  /** The models that are known to be in its memory: `embed:NAME`, `bertscore:NAME`, `rerank:NAME`, without owners. */
  loadedModels: string[];
  /** The device of its last health check; `unknown` where its protocol doesn't tell. */
  device?: string;
  /** What went wrong last, until it does well again. */
  lastError?: string;
  /** Seconds since that. */
  lastErrorSeconds?: number;
  /** Seconds since the last request of this bridge ended there; missing while one runs, and before the first. */
  idleSeconds?: number;
}

/** Codes of {@link GpuBridgeError}. */
export type GpuBridgeErrorCode =
  | "invalid_config"
  | "invalid_input"
  | "not_configured"
  /** The names that hosts are discovered by have none, or can't be looked up. */
  | "dns_failed"
  | "unauthorized"
  | "model_not_found"
  | "model_mismatch"
  | "overloaded"
  | "timeout"
  | "aborted"
  | "all_hosts_failed"
  | "bad_response"
  | "closed";

/** What every refused or failed call throws. The message is a sentence for people, `code` is for programs. */
export class GpuBridgeError extends Error {
  readonly name: "GpuBridgeError";
  readonly code: GpuBridgeErrorCode;
  /** The HTTP status, where a host answered with one. */
  readonly status?: number;
  /** The host that answered, where one did. */
  readonly host?: string;
  /** Seconds after which a host may have room again. */
  readonly retryAfter?: number;
  /** What was tried, in order. Empty where nothing was sent. */
  readonly attempts: { host: string; code: string; message: string }[];
}
