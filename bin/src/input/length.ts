/** Finds texts that the bridge would refuse for their length, while their line is still known. */
import type { GpuBridgeConfig } from "../../../index.js";
import { UsageError } from "../failure.js";

/** The bridge's own default. */
const MAX_TEXT_LENGTH = 10_000;

export function checkLength(text: string, line: number, config: GpuBridgeConfig): void {
  const most = config.limits?.maxTextLength ?? MAX_TEXT_LENGTH;
  if (text.length <= most) return;
  const length = codePoints(text);
  if (length > most)
    throw new UsageError(
      `Line ${line} has ${length} characters; at most ${most} are allowed (limits.maxTextLength).`,
    );
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
