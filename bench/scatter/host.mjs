/**
 * A gpu-service that only pretends to compute, in a process of its own: it speaks the routes a bridge uses, and its
 * device takes `tokens / speed` seconds for a request, one request at a time. Asked by its parent, it changes its
 * speed at a later moment.
 */
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { answering } from "../child.mjs";
import { safetensorsVectors } from "../vectors.mjs";
import { Device } from "./device.mjs";
import { tokensIn } from "./tokens.mjs";

const DIMENSIONS = 384;
const speed = Number(process.argv[2]);
const device = new Device(speed);

const server = createServer(async (request, response) => {
  if (request.url === "/embed") return embed(request, response);
  const answers = { "/health": { status: "ok", device: "scripted" } };
  const body = JSON.stringify(answers[request.url] ?? { detail: "No such route.", code: "route_not_found" });
  const headers = { "content-type": "application/json", "content-length": body.length, ...load() };
  response.writeHead(answers[request.url] ? 200 : 404, headers).end(body);
});

server.listen(0, "127.0.0.1", () => {
  answering({ port: server.address().port }, ({ share, inSeconds }) =>
    device.change(speed * share, inSeconds),
  );
});

async function embed(request, response) {
  const { texts } = await json(request);
  const tokens = texts.reduce((sum, text) => sum + tokensIn(text), 0);
  const body = safetensorsVectors({ model: "scripted", count: texts.length, dimensions: DIMENSIONS, tokens });
  const leave = device.enter(tokens, () => response.writeHead(200, head(body)).end(body));
  response.once("close", leave);
}

const head = (body) => ({
  "content-type": "application/vnd.safetensors",
  "content-length": body.length,
  "x-model-fingerprint": "scripted",
  ...load(),
});

function load() {
  const { waiting, tokens } = device.queue();
  const named_metrics = { queue_tokens: tokens, in_flight: waiting, tokens_per_second: speed };
  const report = { application_utilization: 0.1, mem_utilization: 0.1, named_metrics };
  return { "endpoint-load-metrics": `JSON ${JSON.stringify(report)}` };
}
