/** A model hub on loopback that serves folders as models: as much of the hub's HTTP as a download needs. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join, relative } from "node:path";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";

/** `models` maps names such as `ORG/NAME` to folders. */
export async function serveHub(models, port = 0) {
  const server = createServer((request, response) => answer(models, request, response));
  await once(server.listen(port, "127.0.0.1"), "listening");
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

function answer(models, request, response) {
  const listed = /^\/api\/models\/(.+)\/revision\/main$/.exec(request.url);
  if (listed) return list(models[listed[1]], response);
  const [, name, file] = new RegExp(`^/(.+)/resolve/${COMMIT}/(.+)$`).exec(request.url) ?? [];
  const known = models[name] && filesOf(models[name]).includes(file);
  return known ? send(join(models[name], file), request, response) : refuse(response);
}

function list(folder, response) {
  if (!folder) return refuse(response);
  const siblings = filesOf(folder).map((rfilename) => ({ rfilename }));
  response.setHeader("content-type", "application/json").end(JSON.stringify({ sha: COMMIT, siblings }));
}

function send(path, { method, headers }, response) {
  const bytes = readFileSync(path);
  const from = Number(/bytes=(\d+)-/.exec(headers.range)?.[1] ?? 0);
  response.setHeader("etag", `"${createHash("sha256").update(bytes).digest("hex")}"`);
  response.setHeader("x-repo-commit", COMMIT);
  response.setHeader("content-length", bytes.length - from);
  if (from > 0) response.statusCode = 206;
  response.end(method === "HEAD" ? undefined : bytes.subarray(from));
}

function refuse(response) {
  response.writeHead(404, { "x-error-code": "RepoNotFound" }).end();
}

function filesOf(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)));
}
