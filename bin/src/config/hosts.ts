/** The hosts of a config one by one, for what has to be asked of each of them alone. */
import type { GpuBridgeConfig, HostConfig } from "../../../index.js";

export type NamedHost = HostConfig & { name: string };

/** The hosts as the bridge names them, each with its key. */
export function hostsOf({ hosts, serviceUrl, url, apiKey }: GpuBridgeConfig): NamedHost[] {
  const only = serviceUrl ?? url;
  const listed = hosts?.length ? hosts : only === undefined ? [] : [{ url: only }];
  const fallback = apiKey === undefined ? {} : { apiKey };
  return listed.map((host, index) => ({ ...fallback, ...host, name: host.name || `gpu-${index + 1}` }));
}

/** Whether a host tells its device, queue and jobs. Other engines only embed. */
export function tellsItself({ protocol }: { protocol?: HostConfig["protocol"] }): boolean {
  return protocol !== "openai";
}

/** The config with these hosts and no others. A host without a key has none. */
export function withHosts(config: GpuBridgeConfig, hosts: HostConfig[]): GpuBridgeConfig {
  const { serviceUrl: _, url: __, apiKey: ___, ...rest } = config;
  return { ...rest, hosts };
}
