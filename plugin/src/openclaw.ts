/**
 * The part of OpenClaw's plugin API that is used here, as the host of 2026.9.6 has it. Written down instead of
 * imported, so that building and running the plugin needs no OpenClaw.
 */

/** What `register()` is given. */
export interface PluginApi {
  /** `plugins.entries.<id>.config`, checked against the manifest's schema. (`api.config` is OpenClaw's own.) */
  readonly pluginConfig?: unknown;
  /** The installed entry. The running one may be a private copy that the host made. */
  readonly runtimeSource?: string;
  /** Why the plugin is loaded: `full` in a gateway, others to look it up or to run single tools. */
  readonly registrationMode: string;
  readonly logger: Logger;
  registerTool(tool: Tool): void;
  registerService(service: Service): void;
}

export interface Logger {
  info(message: string): void;
  warn(message: string): void;
}

export interface Tool {
  name: string;
  label: string;
  description: string;
  parameters: object;
  execute(callId: string, parameters: unknown, signal?: AbortSignal): Promise<ToolResult>;
}

/** `content` is what a model reads; `details` is for programs and for the host, which grades calls by it. */
export interface ToolResult {
  content: { type: "text"; text: string }[];
  details: Record<string, unknown>;
}

export interface Service {
  id: string;
  start(context: ServiceContext): void | Promise<void>;
  stop(context: ServiceContext): void | Promise<void>;
}

export interface ServiceContext {
  readonly logger: Logger;
  readonly serviceHealth?: { reportFailure(error: Error): void; clearFailure(): void };
}
