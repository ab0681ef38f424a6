/**
 * The environment of cargo, of the test binaries and of the daemon: which libtorch they build against and load.
 *
 * The daemon links the CPU libraries only and opens the CUDA one at run time, so that one binary serves both
 * kinds of host. torch-sys links CUDA as soon as it sees it, therefore it is shown a folder of links without it.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { findLibtorch } from "./libtorch.mjs";
import { inCache } from "./paths.mjs";

const CUDA_LIBRARY = /^lib(torch_cuda|c10_cuda|torch_nvshmem|caffe2_nvrtc)/;

/** Variables for cargo and for everything it builds that loads libtorch. */
export function torchEnvironment(libtorch = findLibtorch()) {
  const lib = join(libtorch.dir, "lib");
  return {
    LIBTORCH: libtorch.dir,
    ...(libtorch.cuda ? { LIBTORCH_LIB: linkView(lib), LIBTORCH_INCLUDE: libtorch.dir } : {}),
    LD_LIBRARY_PATH: [lib, process.env.LD_LIBRARY_PATH].filter(Boolean).join(":"),
  };
}

/** A folder whose `lib/` links to everything in `lib` but the CUDA libraries. Made once. */
function linkView(lib) {
  const view = inCache("link", createHash("sha256").update(lib).digest("hex").slice(0, 16));
  if (existsSync(view)) return view;
  const fresh = `${view}.${process.pid}.new`;
  mkdirSync(join(fresh, "lib"), { recursive: true });
  for (const path of [lib, ...besidePythonTorch(lib)].flatMap(librariesIn)) {
    symlinkSync(path, join(fresh, "lib", basename(path)));
  }
  renameSync(fresh, view);
  return view;
}

const librariesIn = (folder) =>
  readdirSync(folder)
    .filter((name) => name.includes(".so") && !CUDA_LIBRARY.test(name))
    .map((name) => join(folder, name));

/** GNU ld wants to see what libtorch_cpu itself needs; pip lays that out beside torch, as `nvidia/NAME/lib`. */
function besidePythonTorch(lib) {
  const nvidia = join(lib, "..", "..", "nvidia");
  const needed = ["cu13", "cuda_runtime", "cuda_cupti"].map((name) => join(nvidia, name, "lib"));
  return needed.filter((folder) => existsSync(folder));
}
