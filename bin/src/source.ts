/** What the commands are joined to: a process of their own, or a program that offers them as its own. */
import type { ReadStream, WriteStream } from "node:tty";
import type { GpuBridgeConfig } from "../../index.js";

/** A stream that may be a terminal. */
export type Input = NodeJS.ReadableStream & Partial<Pick<ReadStream, "isTTY" | "setRawMode">>;
export type Output = NodeJS.WritableStream & Partial<Pick<WriteStream, "isTTY" | "columns" | "hasColors">>;

/** Runs a command line; `code` is missing where a signal ended it. */
export type Shell = (
  command: string,
  signal: AbortSignal,
) => Promise<{ code: number | null; output: string }>;

export interface Source {
  /** The bridge's config. Rejects with what to do where there is none. */
  config(): Promise<GpuBridgeConfig>;
  /** Seconds a call may take, where the user said so beside the config. */
  readonly timeout?: number | undefined;
  /** Whether errors come with their stack. */
  readonly verbose?: boolean;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Runs the user's own command lines, where that is allowed. */
  readonly shell?: Shell | undefined;
  /** Takes the exit code once the command is done. */
  exit(code: number): void;
}
