/**
 * Makes a tool of a definition: checks parameters, opens the bridge, gives errors the names that the host looks for,
 * tells of progress, and cuts results down to their schema. What a tool does is its own file's business.
 */
import type { CallOptions, GpuBridge } from "../../index.js";
import { timeoutSeconds } from "./config.js";
import { reasonOf } from "./drain.js";
import { toolError } from "./errors.js";
import type { BridgeLifetime } from "./lifetime.js";
import type { Tool, ToolContext, ToolResult } from "./openclaw.js";
import { project, type OutputSchema } from "./output_schema.js";
import type { FilesModule } from "./package.js";
import { progressOf } from "./progress.js";
import { checkParameters, type ObjectSchema } from "./schema.js";
import { Workspace } from "./workspace.js";

/** What a tool works with. */
export interface Work {
  bridge: GpuBridge;
  files: FilesModule;
  workspace: Workspace;
  /** For every call of the bridge: the signal, and whom to tell of progress. */
  options: CallOptions;
}

/** `details` is for programs; `text` for models, which read the details as JSON where it is missing. */
export interface Answer {
  details: object;
  text?: string;
}

export interface Definition<Parameters> {
  name: string;
  label: string;
  /** The first sentence is what a model sees when it looks for a tool. */
  description: string;
  parameters: ObjectSchema;
  output: OutputSchema;
  /** Calls of the bridge that these parameters may need, one after the other. Default: one. */
  calls?: (parameters: Parameters) => number;
  run(work: Work, parameters: Parameters): Promise<Answer>;
}

/** Seconds beyond a call's own deadline, in which the bridge says itself that it was missed. */
const GRACE = 5;

export function createTool<P>(
  lifetime: BridgeLifetime,
  definition: Definition<P>,
  context: ToolContext,
): Tool {
  const { run, output, calls = () => 1, ...shown } = definition;
  const execute: Tool["execute"] = async (_callId, parameters, signal, onUpdate) => {
    const given = parameters ?? {};
    checkParameters(shown.parameters, given);
    try {
      await lifetime.unlock();
      const work = startWork(lifetime, context, signal, onUpdate);
      return result(output, await run(work, given as P));
    } catch (error) {
      throw toolError(reasonOf(error));
    }
  };
  const seconds = (parameters: unknown) => calls(parameters as P) * timeoutSeconds(lifetime.config) + GRACE;
  const getExecutionTimeoutMs = (parameters: unknown) => seconds(parameters) * 1000;
  return { ...shown, outputSchema: output, getExecutionTimeoutMs, execute };
}

function startWork(
  lifetime: BridgeLifetime,
  { fsPolicy, workspaceDir }: ToolContext,
  signal: AbortSignal | undefined,
  onUpdate: ((partial: ToolResult) => void) | undefined,
): Work {
  return {
    bridge: lifetime.open(),
    files: lifetime.package.files,
    workspace: new Workspace(fsPolicy?.root ?? workspaceDir),
    options: { signal: lifetime.drain.signal(signal), ...(onUpdate && { onProgress: progressOf(onUpdate) }) },
  };
}

function result(output: OutputSchema, { details, text }: Answer): ToolResult {
  const known = project(output, details) as object;
  return { content: [{ type: "text", text: text ?? JSON.stringify(known) }], details: known };
}
