/**
 * Which libtorch the daemon is built against and runs on. In this order: `LIBTORCH`; the torch of the user's own
 * `python3`, so that a machine that has it need not fetch it again; the parts the set-up keeps in the cache.
 * Only looks; `setup/libtorch.mjs` fetches. The version is exact because tch is built for one.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inCache } from "./paths.mjs";
import { ask } from "./process.mjs";

export const VERSION = "2.11.0";

const PYTHON_TORCH =
  "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')";

/** True when this machine has an NVIDIA device that is visible to processes. */
export function hasCudaDevice() {
  return existsSync("/dev/nvidia0") || Boolean(ask("nvidia-smi", ["--list-gpus"]));
}

/**
 * The libtorch in use: `{ dir, source, version, cuda, ready }`, `dir` holding `include/` and `lib/`. `ready` is
 * false while the cache still lacks it. Throws a sentence when `LIBTORCH` points at something else.
 */
export function findLibtorch() {
  const named = process.env.LIBTORCH;
  if (named) return fromEnvironment(named);
  const wantsCuda = hasCudaDevice();
  return fromPython(wantsCuda) ?? fromCache(wantsCuda);
}

function fromEnvironment(dir) {
  const found = describe(dir, "LIBTORCH");
  if (!found.ready) {
    throw new Error(
      `LIBTORCH=${dir} holds no lib/libtorch_cpu.so. Point it at an unpacked libtorch ${VERSION}, or unset it.`,
    );
  }
  if (!matches(found.version)) {
    throw new Error(
      `LIBTORCH=${dir} is libtorch ${found.version}, but ${VERSION} is needed. Point it at that version, or unset it.`,
    );
  }
  return found;
}

function fromPython(wantsCuda) {
  const dir = ask("python3", ["-c", PYTHON_TORCH]);
  if (!dir) return undefined;
  const found = describe(dir, "python3");
  const suits = found.ready && matches(found.version) && (found.cuda || !wantsCuda);
  return suits ? found : undefined;
}

function fromCache(wantsCuda) {
  return describe(inCache(`libtorch-${VERSION}-${wantsCuda ? "cuda" : "cpu"}`), "cache");
}

function describe(dir, source) {
  const has = (name) => existsSync(join(dir, "lib", name));
  return {
    dir,
    source,
    version: versionOf(dir),
    cuda: has("libtorch_cuda.so"),
    ready: has("libtorch_cpu.so"),
  };
}

/** Places of the version header, newest layout first; every packaging has one: wheels, archives, distributions. */
const HEADERS = ["torch/headeronly/version.h", "torch/csrc/api/include/torch/version.h"];

function versionOf(dir) {
  const paths = HEADERS.map((header) => join(dir, "include", header)).filter((path) => existsSync(path));
  if (paths.length === 0) return "of an unknown version";
  const text = readFileSync(paths[0], "utf8");
  const part = (name) => text.match(new RegExp(`TORCH_VERSION_${name}\\s+(\\d+)`))?.[1] ?? "?";
  return [part("MAJOR"), part("MINOR"), part("PATCH")].join(".");
}

function matches(version) {
  return version.startsWith(VERSION.replace(/\d+$/, ""));
}
