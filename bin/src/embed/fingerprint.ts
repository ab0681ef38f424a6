/** Which weights answer: the digest that the hosts name for a model. Hosts of 0.2 name none. */
import type { CallOptions, GpuBridge } from "../../../index.js";

export async function fingerprintOf(
  bridge: GpuBridge,
  model: string,
  options: CallOptions,
): Promise<string | null> {
  const { hosts } = await bridge.info(options);
  const models = hosts.flatMap((host) => host.models ?? []);
  return models.find(({ name, task }) => name === model && task === "embed")?.fingerprint ?? null;
}
