/**
 * The config for a file that is one call. `limits.maxBatchSize` guards against callers that ask for anything; whoever
 * names a file means all of it, and it can't be cut: BERTScore weighs tokens by all references and pads by all pairs, and
 * an order is one of all documents. What a host takes at a time the bridge heeds by itself.
 */
import type { GpuBridgeConfig } from "../../../index.js";

/** @param lines those of the file; a bound that is no number stays for the bridge to refuse */
export function forOneCall(config: GpuBridgeConfig, lines: number): GpuBridgeConfig {
  const most = config.limits?.maxBatchSize;
  const isTooSmall = most !== undefined && most >= 1 && most < lines;
  return isTooSmall ? { ...config, limits: { ...config.limits, maxBatchSize: lines } } : config;
}
