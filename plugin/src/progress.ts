/** How far a call has come, for whoever watches the tool: at most once for each twentieth of the work. */
import type { CallOptions } from "../../index.js";
import type { ToolResult } from "./openclaw.js";

const STEPS = 20;

type OnProgress = NonNullable<CallOptions["onProgress"]>;

export function progressOf(onUpdate: (partial: ToolResult) => void): OnProgress {
  let shown = 0;
  return ({ done, total, host }) => {
    const step = Math.floor((done * STEPS) / total);
    if (step <= shown) return;
    shown = step;
    onUpdate({
      content: [{ type: "text", text: `${done} of ${total} done, the last on ${host}.` }],
      details: { done, total, host },
    });
  };
}
