/**
 * OpenAI's `/v1/embeddings` in front of a real gpu-service, for tests of hosts that speak so: the vectors are the service's
 * own, and go on as base64 of their bytes where that is asked for. Keeps what it was asked.
 */
import { createServer } from "node:http";
import { once } from "node:events";
import { json } from "node:stream/consumers";

/** `model` is the only one it lists, and `key` what it wants to be shown. */
export async function openaiHost({ service, model, key }) {
  const host = { seen: [] };
  const server = createServer(async (request, response) => {
    const body = request.method === "POST" ? await json(request) : undefined;
    host.seen.push({ path: request.url, body });
    const [status, answer] =
      request.headers.authorization === `Bearer ${key}`
        ? await reply(request.url, body, { service, model })
        : [401, { error: { message: "Invalid API Key", type: "authentication_error", code: 401 } }];
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  host.url = `http://127.0.0.1:${server.address().port}/v1`;
  host.close = () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections()));
  return host;
}

async function reply(path, body, { service, model }) {
  if (path === "/v1/models") return [200, { object: "list", data: [{ id: model, object: "model" }] }];
  if (path !== "/v1/embeddings") return [404, { detail: "Not Found" }];
  const { input: texts, dimensions, encoding_format } = body;
  const response = await fetch(`${service.url}/embed`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ texts, model, dimensions }),
  });
  const { embeddings, usage } = await response.json();
  const put = encoding_format === "base64" ? encoded : (numbers) => numbers;
  const data = embeddings.map((numbers, index) => ({ object: "embedding", index, embedding: put(numbers) }));
  return [200, { object: "list", data, model, usage: { prompt_tokens: usage.tokens } }];
}

const encoded = (numbers) => Buffer.from(Float32Array.from(numbers).buffer).toString("base64");
