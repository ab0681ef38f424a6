/**
 * Where things lie: the checkout, and the cache that the set-up fills and the daemon reads its model from.
 * `OPENCLAW_GPU_BRIDGE_CACHE` moves the cache.
 */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export const cache = resolve(
  process.env.OPENCLAW_GPU_BRIDGE_CACHE || join(homedir(), ".cache", "openclaw-gpu-bridge"),
);

/** The folder of models, laid out as `GPU_MODEL_PATH` wants it: `NAME/config.json`. */
export const models = join(cache, "models");

export const inRoot = (...parts) => join(root, ...parts);
export const inCache = (...parts) => join(cache, ...parts);

/** Cargo's output folder, which `CARGO_TARGET_DIR` may move. */
export const target = resolve(root, process.env.CARGO_TARGET_DIR || "target");

/** The daemon as `cargo` built it in the given profile. */
export const daemon = (profile = "release") => join(target, profile, "gpu-service");
