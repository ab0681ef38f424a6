/**
 * The part of OpenClaw's plugin API that is used here, as the host of 2026.9.6 has it. Written down instead of
 * imported, so that building and running the plugin needs no OpenClaw.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Command } from "commander";
import type { EmbeddingAdapter } from "./memory/contract.js";

/** What `register()` is given. */
export interface PluginApi {
  /** `plugins.entries.<id>.config`, checked against the manifest's schema. */
  readonly pluginConfig?: unknown;
  /** OpenClaw's own, which says where secrets are. */
  readonly config: unknown;
  /** The installed entry. The running one may be a private copy that the host made. */
  readonly runtimeSource?: string;
  /** Why the plugin is loaded: `full` in a gateway, others to look it up or to run single tools. */
  readonly registrationMode: string;
  readonly logger: Logger;
  registerTool(tool: Tool | ((context: ToolContext) => Tool), options?: { name: string }): void;
  on(hook: "gateway_start", handler: (event: unknown, context: GatewayContext) => void): void;
  registerService(service: Service): void;
  registerEmbeddingProvider(adapter: EmbeddingAdapter): void;
  registerHttpRoute(route: HttpRoute): void;
  registerGatewayMethod(name: string, handler: GatewayMethod, options: { scope: string }): void;
  registerCommand(command: ChatCommand): void;
  registerCli(
    registrar: (context: { program: CliProgram }) => void,
    options: { descriptors: CliDescriptor[] },
  ): void;
  readonly session: { readonly controls: { registerControlUiDescriptor(descriptor: ControlUiTab): void } };
}

/** What a gateway says of itself as it starts. */
export interface GatewayContext {
  /** Aborts when the gateway begins to stop, before it waits for the calls that run. */
  readonly abortSignal?: AbortSignal;
}

export interface HttpRoute {
  path: string;
  /** `gateway`: only for those whom the gateway lets in. */
  auth: "gateway";
  match: "prefix";
  /** Gives `true` where the answer is, or will be, its own. */
  handler(request: IncomingMessage, response: ServerResponse): boolean;
}

export type GatewayMethod = (call: {
  params: unknown;
  respond: (ok: boolean, payload?: unknown, error?: object) => void;
}) => Promise<void>;

/** A `/name` in a chat. */
export interface ChatCommand {
  name: string;
  description: string;
  handler(): Promise<{ text: string }>;
}

/** The host's own commander. */
export type CliProgram = Command;

export interface CliDescriptor {
  name: string;
  description: string;
  hasSubcommands: boolean;
}

/** A page of the Control UI that shows `path` in a sandboxed frame. */
export interface ControlUiTab {
  surface: "tab";
  id: string;
  slug: string;
  label: string;
  description: string;
  icon: string;
  group: "control";
  path: string;
  requiredScopes: string[];
}

export interface Logger {
  debug?(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** For whom a tool is made. */
export interface ToolContext {
  /** Where the agent works. */
  readonly workspaceDir?: string;
  /** What the operator lets tools see of the disk; `root` stands for the workspace where it is set. */
  readonly fsPolicy?: { readonly root?: string };
}

export interface Tool {
  name: string;
  label: string;
  description: string;
  /** JSON Schema. The host holds agents to it, but not those who call over HTTP. */
  parameters: object;
  /** JSON Schema of `details`. The host fails a call whose details don't match. */
  outputSchema: object;
  /** How long the host waits for a call. */
  getExecutionTimeoutMs(parameters: unknown): number;
  execute(
    callId: string,
    parameters: unknown,
    signal?: AbortSignal,
    onUpdate?: (partial: ToolResult) => void,
  ): Promise<ToolResult>;
}

/** `content` is what a model reads; `details` is for programs and for the host, which grades calls by it. */
export interface ToolResult {
  content: { type: "text"; text: string }[];
  details: object;
}

export interface Service {
  id: string;
  start(context: ServiceContext): void | Promise<void>;
  stop(context: ServiceContext): void | Promise<void>;
}

export interface ServiceContext {
  readonly logger: Logger;
  readonly serviceHealth?: ServiceHealth;
}

/** What `openclaw health` says of a service. */
export interface ServiceHealth {
  reportFailure(error: Error): void;
  clearFailure(): void;
}
