/**
 * Holds an index to one model: the bridge never mixes models in a call, and this sees to it from call to call. A host
 * that comes with other weights under the same name would spoil an index without anybody noticing.
 */
import type { EmbedResponse } from "../../../index.js";

export class SameModel {
  #first: Pick<EmbedResponse, "model" | "dimensions" | "fingerprint"> | undefined;

  /** Throws where the vectors don't fit those of before. */
  check({ model, dimensions, fingerprint }: EmbedResponse): void {
    const first = (this.#first ??= { model, dimensions, ...(fingerprint && { fingerprint }) });
    if (first.dimensions === dimensions && (first.fingerprint ?? fingerprint) === fingerprint) return;
    const change = `${describe(first)} answered before, and ${describe({ dimensions, fingerprint })} now`;
    throw Object.assign(new Error(`The hosts serve different models as ${model}: ${change}. ${ADVICE}`), {
      code: "model_mismatch",
      status: 409,
    });
  }
}

const ADVICE = "Give all hosts the same weights, or restart the gateway and index anew.";

function describe({
  fingerprint,
  dimensions,
}: {
  fingerprint?: string | undefined;
  dimensions: number;
}): string {
  return `${fingerprint ?? "one without a fingerprint"} (${dimensions} dimensions)`;
}
