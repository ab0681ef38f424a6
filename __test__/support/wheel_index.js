/**
 * A package index with one small wheel, which honours ranges and can be told to cut a download off: what the set-up's
 * fetching is tested against.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

const FILE = "tiny_wheel-1.0-py3-none-any.whl";

/** Builds a wheel of random members, so that its bytes don't compress away. */
const BUILD = `
import os, sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as z:
    z.writestr("tiny/model/config.json", "{}")
    z.writestr("tiny/model/weights.bin", os.urandom(300_000))
    z.writestr("tiny/__init__.py", "")
    z.writestr("libraries/libtorch_cpu.so", os.urandom(1_000))
    z.writestr("tiny_wheel-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tiny-wheel\\nVersion: 1.0\\n")
    z.writestr("tiny_wheel-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
`;
import { removeFolder, temporaryFolder } from "./temporary.js";

export async function serveWheel() {
  const folder = temporaryFolder("wheel-");
  const path = join(folder, FILE);
  spawnSync("python3", ["-c", BUILD, path]);
  const bytes = readFileSync(path);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const state = { cutAfter: undefined, ranges: [] };
  const server = createServer((request, response) => answer(request, response, { bytes, sha256, state }));
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    index: `http://127.0.0.1:${server.address().port}/simple/`,
    wheel: { name: "tiny-wheel", version: "1.0", sha256, bytes: bytes.length },
    path,
    /** The next download ends after so many bytes, as a broken connection does. */
    cutNextAfter: (count) => (state.cutAfter = count),
    /** The `Range` headers of the downloads so far. */
    ranges: state.ranges,
    close() {
      server.closeAllConnections();
      server.close();
      removeFolder(folder);
    },
  };
}

function answer(request, response, { bytes, sha256, state }) {
  if (request.url === "/simple/tiny-wheel/") {
    return response
      .setHeader("content-type", "text/html")
      .end(`<a href="/files/${FILE}#sha256=${sha256}">${FILE}</a>`);
  }
  if (request.url !== `/files/${FILE}`) return response.writeHead(404).end();
  state.ranges.push(request.headers.range);
  const from = Number(request.headers.range?.match(/bytes=(\d+)-/)?.[1] ?? 0);
  const rest = bytes.subarray(from);
  response.writeHead(206, {
    "content-length": rest.length,
    "content-range": `bytes ${from}-/${bytes.length}`,
  });
  if (state.cutAfter === undefined) return response.end(rest);
  const count = state.cutAfter;
  state.cutAfter = undefined;
  response.write(rest.subarray(0, count), () => response.destroy());
}
