/**
 * The plugin's background service: keeps the bridge, and with it the health checks, up while the gateway runs. A host
 * that can't be used must not keep the gateway from starting, so trouble is reported and never thrown.
 */
import type { BridgeLifetime } from "./lifetime.js";
import type { Service, ServiceContext } from "./openclaw.js";

export function createService(lifetime: BridgeLifetime): Service {
  return { id: "gpu-bridge", start: (context) => start(lifetime, context), stop: () => lifetime.stop() };
}

function start(lifetime: BridgeLifetime, { logger, serviceHealth }: ServiceContext): void {
  lifetime.start();
  if (!lifetime.configured) return logger.info("GPU bridge: no host is configured, the tools will say so.");
  try {
    lifetime.open();
    serviceHealth?.clearFailure();
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error));
    logger.warn(`GPU bridge: ${failure.message}`);
    serviceHealth?.reportFailure(failure);
  }
}
