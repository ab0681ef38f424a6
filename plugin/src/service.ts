/**
 * The plugin's background service: keeps the bridge, and with it the health checks, up while the gateway runs, and
 * tells `openclaw health` which hosts are out. A host that can't be used must not keep the gateway from starting, so
 * trouble is reported and never thrown.
 */
import type { GpuBridge } from "../../index.js";
import { healthCheckSeconds } from "./config.js";
import type { BridgeLifetime } from "./lifetime.js";
import type { Service, ServiceContext, ServiceHealth } from "./openclaw.js";
import { OutageRecord } from "./outage.js";

/** What runs while the bridge does. */
export interface Companion {
  start?(bridge: GpuBridge): void;
  stop(): void;
}

export function createService(lifetime: BridgeLifetime, companions: Companion[] = []): Service {
  let timer: NodeJS.Timeout | undefined;
  return {
    id: "gpu-bridge",
    start(context) {
      const bridge = open(lifetime, context);
      clearInterval(timer);
      timer = bridge && watch(bridge, healthCheckSeconds(lifetime.config), context.serviceHealth);
      if (bridge) for (const companion of companions) companion.start?.(bridge);
    },
    stop() {
      clearInterval(timer);
      for (const companion of companions) companion.stop();
      return lifetime.stop();
    },
  };
}

function open(lifetime: BridgeLifetime, { logger, serviceHealth }: ServiceContext): GpuBridge | undefined {
  lifetime.start();
  if (!lifetime.config) return void logger.info("GPU bridge: no host is configured, the tools will say so.");
  try {
    return lifetime.open();
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error));
    logger.warn(`GPU bridge: ${failure.message}`);
    serviceHealth?.reportFailure(failure);
    return undefined;
  }
}

/** Looks at the pool's own record as often as the pool looks at the hosts, and speaks up when something changed. */
function watch(bridge: GpuBridge, seconds: number, health: ServiceHealth | undefined): NodeJS.Timeout {
  const record = new OutageRecord();
  let told: string | undefined;
  const look = () => {
    const outage = record.look(bridge.hosts(), new Date());
    if (outage === told) return;
    told = outage;
    if (outage) health?.reportFailure(new Error(outage));
    else health?.clearFailure();
  };
  health?.clearFailure();
  return setInterval(look, seconds * 1000).unref();
}
