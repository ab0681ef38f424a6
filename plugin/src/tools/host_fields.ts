/** What a host says of itself, field by field, as `index.d.ts` has it. A `?` marks what may be missing. */
import { integer, list, number, object, string, type OutputSchema } from "../output_schema.js";

const numberOrNull = { type: ["number", "null"] } as const;

export const healthFields = {
  status: { type: "string", enum: ["ok", "starting", "draining", "error"] },
  device: string,
  "detail?": string,
} as const;

const model = object({
  name: string,
  task: string,
  "dtype?": string,
  "dimensions?": integer,
  "max_seq_length?": integer,
  "memory_mb?": number,
  "fingerprint?": string,
  "error?": string,
});

export const infoFields = {
  device: string,
  device_name: string,
  vram_total_mb: numberOrNull,
  vram_used_mb: numberOrNull,
  pytorch_version: string,
  cuda_version: { type: ["string", "null"] },
  loaded_models: list(string),
  "version?": string,
  "limits?": object({ max_batch_size: integer, max_text_length: integer, max_concurrent: integer }),
  "models?": list(model),
} as const;

const queue = object({
  max_concurrent: integer,
  in_flight: integer,
  available_slots: integer,
  waiting_estimate: integer,
  "queued_tokens?": integer,
  "tokens_per_second?": number,
});

/** @param more fields of each job: in the list of all jobs, its host */
export function statusFields(more: Record<string, OutputSchema> = {}) {
  const job = {
    id: string,
    type: string,
    started_at: string,
    items: integer,
    model: string,
    progress: number,
  };
  return { queue, active_jobs: list(object({ ...job, ...more })) };
}
