/** The tools that ask how the hosts are: 0.2's fields are those of the best host, and every host's own stand beside. */
import { list, object, string, type OutputSchema } from "../output_schema.js";
import type { Definition } from "../tool.js";
import { healthFields, infoFields, statusFields } from "./host_fields.js";
import { parameters } from "./parameters.js";

export const health: Definition<object> = {
  name: "gpu_health",
  label: "GPU health",
  description: "Check which GPU hosts are reachable and which device each one uses.",
  parameters: parameters({}),
  output: object({ ...healthFields, hosts: hostsOf(healthFields) }),
  run: async ({ bridge, options }) => ({ details: await bridge.health(options) }),
};

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
  const missable = Object.entries(fields).map(([key, schema]) => [`${key.replace("?", "")}?`, schema]);
  const error = object({ code: string, message: string });
  return list(object({ name: string, url: string, "error?": error, ...Object.fromEntries(missable) }));
}
