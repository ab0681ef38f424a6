/** The tools that ask how the hosts are: 0.2's fields are those of the best host, and every host's own stand beside. */
import type { GpuBridgeError, HealthResponse } from "../../../index.js";
import { list, object, string, type OutputSchema } from "../output_schema.js";
import type { Definition, Work } from "../tool.js";
import { healthFields, infoFields, statusFields } from "./host_fields.js";
import { parameters } from "./parameters.js";

export const health: Definition<object> = {
  name: "gpu_health",
  label: "GPU health",
  description: "Check which GPU hosts are reachable and which device each one uses.",
  parameters: parameters({}),
  output: object({
    status: healthFields.status,
    "device?": string,
    "detail?": string,
    hosts: hostsOf(healthFields),
  }),
  run: async (work) => ({ details: await asked(work) }),
};

/** That no host answers is an answer to this question. The host takes the status for a failure all the same. */
async function asked({ bridge, options }: Work): Promise<HealthResponse | object> {
  try {
    return await bridge.health(options);
  } catch (error) {
    const { code, message, attempts } = error as GpuBridgeError;
    if (code !== "all_hosts_failed") throw error;
    const hosts = bridge.hosts().map(({ name, url }) => {
      const failed = attempts.find(({ host }) => host === name);
      return { name, url, error: { code: failed?.code ?? code, message: failed?.message ?? message } };
    });
    return { status: "error", detail: message, hosts };
  }
}

export const info: Definition<object> = {
  name: "gpu_info",
  label: "GPU info",
  description: "Get GPU device info of every host: name, VRAM, PyTorch version, loaded models.",
  parameters: parameters({}),
  output: object({ ...infoFields, hosts: hostsOf(infoFields) }),
  run: async ({ bridge, options }) => ({ details: await bridge.info(options) }),
};

export const status: Definition<object> = {
  name: "gpu_status",
  label: "GPU status",
  description: "Get the queues of the GPU hosts and the progress of the jobs they run.",
  parameters: parameters({}),
  output: object({ ...statusFields({ host: string }), hosts: hostsOf(statusFields()) }),
  run: async ({ bridge, options }) => ({ details: await bridge.status(options) }),
};

/** A host that gave no answer has an error in place of its fields. */
function hostsOf(fields: Record<string, OutputSchema>): OutputSchema {
  const error = object({ code: string, message: string });
  return list(object({ name: string, url: string, "error?": error, ...missable(fields) }));
}

function missable(fields: Record<string, OutputSchema>): Record<string, OutputSchema> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, schema]) => [`${key.replace("?", "")}?`, schema]),
  );
}
