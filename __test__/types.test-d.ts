/** Checked by the type checker, never run: the public types as a user meets them. */
import { GpuBridge, GpuBridgeError } from "../index.js";
import type {
  BertScoreResponse,
  EmbedResponse,
  GpuBridgeConfig,
  HostSnapshot,
  RerankResponse,
} from "../index.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(): T | undefined => undefined;

const config: GpuBridgeConfig = {
  hosts: [
    { url: "http://gpu-1:8765", name: "a", apiKey: "k", weight: 2 },
    { url: "https://gpu-2/v1", protocol: "openai", tls: { ca: "/etc/ssl/ca.pem" } },
  ],
  loadBalancing: "least-busy",
  models: { embed: "e", bertscore: "b", rerank: "r" },
  retries: { budgetPercent: 20 },
};
const legacy: GpuBridgeConfig = { serviceUrl: "http://gpu-1:8765", apiKey: "k", timeout: 45 };

// @ts-expect-error an unknown key
const typo: GpuBridgeConfig = { host: [] };
// @ts-expect-error an unknown strategy
const strategy: GpuBridgeConfig = { loadBalancing: "random" };

async function calls(bridge: GpuBridge): Promise<void> {
  const { signal } = new AbortController();
  const vectors = await bridge.embed(
    { texts: ["a"], model: "m", dimensions: 8, normalize: true },
    { signal, timeout: 5, onProgress: ({ done, total, host }) => console.log(done / total, host) },
  );
  holds<Equal<typeof vectors, EmbedResponse>>();
  holds<Equal<typeof vectors.vectors, Float32Array>>();
  holds<Equal<typeof vectors.embeddings, number[][]>>();

  await bridge.embed({ texts: ["a"], truncate_dim: 8 });

  const scores = await bridge.bertscore({ candidates: ["a"], references: [["b", "c"]], idf: true });
  holds<Equal<typeof scores, BertScoreResponse>>();

  const ranked = await bridge.rerank(
    {
      query: "a",
      documents: ["b", { text: "c" }],
      model: "m",
      top_n: 1,
      return_documents: true,
      raw_scores: true,
    },
    { signal },
  );
  holds<Equal<typeof ranked, RerankResponse>>();
  holds<Equal<(typeof ranked.results)[number]["document"], { text: string } | undefined>>();

  const health = await bridge.health();
  holds<Equal<typeof health.status, "ok" | "starting" | "draining" | "error">>();
  for (const host of health.hosts) {
    if (host.error) holds<Equal<typeof host.error.code, string>>();
    else holds<Equal<typeof host.device, string>>();
  }
  holds<Equal<ReturnType<GpuBridge["hosts"]>, HostSnapshot[]>>();

  // @ts-expect-error texts are missing
  await bridge.embed({});
  // @ts-expect-error a number is no text
  await bridge.embed({ texts: [1] });
  // @ts-expect-error the query is missing
  await bridge.rerank({ documents: ["a"] });
  // @ts-expect-error vectors are read-only
  vectors.dimensions = 3;
  await bridge.close();
}

async function disposal(): Promise<void> {
  await using bridge = new GpuBridge(config);
  await calls(bridge);
}

function failures(error: unknown): string | undefined {
  if (!(error instanceof GpuBridgeError)) return undefined;
  holds<Equal<typeof error.status, number | undefined>>();
  // @ts-expect-error an unknown code
  if (error.code === "on_fire") return undefined;
  return error.code === "timeout" ? error.attempts[0]?.host : error.message;
}

export { disposal, failures, legacy, strategy, typo };
