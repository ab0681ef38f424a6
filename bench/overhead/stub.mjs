/**
 * A host that costs next to nothing: canned vectors of 384 numbers over a bare socket, so that what is measured is
 * the client. `/json/embed` answers in JSON, `/safetensors/embed` as gpu-service does. Asked by its parent, it says
 * how long it was busy.
 */
import { createServer } from "node:net";
import { answering } from "../child.mjs";
import { jsonVectors, safetensorsVectors } from "../vectors.mjs";

const DIMENSIONS = 384;
const LOAD =
  'JSON {"application_utilization":0.1,"mem_utilization":0.2,"named_metrics":{"queue_tokens":0,"in_flight":1,"tokens_per_second":1000}}';
const KINDS = {
  json: { type: "application/json", write: jsonVectors },
  safetensors: { type: "application/vnd.safetensors", write: safetensorsVectors },
};
const canned = new Map();

const server = createServer({ noDelay: true }, (socket) => {
  let chunks = [];
  let [have, need] = [0, 0];
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    chunks.push(chunk);
    have += chunk.length;
    if (have < need) return;
    const request = chunks.length > 1 ? Buffer.concat(chunks) : chunk;
    need = lengthOf(request);
    if (have < need) return (chunks = [request]);
    socket.write(reply(request));
    [chunks, have, need] = [[], 0, 0];
  });
});

server.listen(0, "127.0.0.1", () => {
  answering({ port: server.address().port }, () => process.cpuUsage());
});

/** Bytes of the whole request; endless while its head isn't there. */
function lengthOf(request) {
  const end = request.indexOf("\r\n\r\n");
  if (end < 0) return Infinity;
  const length = /content-length: *(\d+)/i.exec(request.latin1Slice(0, end));
  return end + 4 + Number(length?.[1] ?? 0);
}

function reply(request) {
  const path = request.latin1Slice(request.indexOf("/"), request.indexOf(" HTTP/1.1"));
  if (path.endsWith("/health"))
    return respond("application/json", Buffer.from('{"status":"ok","device":"stub"}'));
  const [, kind, route] = path.split("/");
  if (route !== "embed") return respond("application/json", Buffer.from("{}"));
  const key = `${kind} ${textsIn(request)}`;
  if (!canned.has(key)) canned.set(key, vectors(KINDS[kind], textsIn(request)));
  return canned.get(key);
}

/** Texts of the benchmark hold no quotes. */
function textsIn(request) {
  let count = 1;
  for (let at = request.indexOf('","'); at >= 0; at = request.indexOf('","', at + 3)) count += 1;
  return count;
}

function vectors({ type, write }, count) {
  return respond(type, write({ model: "stub", count, dimensions: DIMENSIONS, tokens: 12 * count }));
}

function respond(type, body) {
  const head = `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\nendpoint-load-metrics: ${LOAD}\r\nx-model-fingerprint: stub\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}
