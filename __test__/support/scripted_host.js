/**
 * A host that answers what a test says, over a real socket: for what a real gpu-service does only when something is
 * broken. Keeps what it was asked.
 */
import { createServer } from "node:http";
import { once } from "node:events";

/** A good answer of `/embed` to one text. */
export const VECTOR = { embeddings: [[1, 0]], model: "m", dimensions: 2, usage: { tokens: 3 } };

/** `embed` gets the headers, gives status and body of `/embed`, and may be changed later. */
export async function scriptedHost(embed) {
  const host = { embed, seen: [] };
  const server = createServer(async (request, response) => {
    for await (const chunk of request) void chunk;
    host.seen.push({ path: request.url, headers: request.headers });
    const answers = {
      "/health": () => [200, { status: "ok", device: "cpu" }],
      "/embed": () => host.embed(request.headers),
    };
    const [status, body] = (answers[request.url] ?? (() => [404, { detail: "No such route." }]))();
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  host.url = `http://127.0.0.1:${server.address().port}`;
  host.close = () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections()));
  return host;
}
