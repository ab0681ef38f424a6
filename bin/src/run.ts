/**
 * Runs one command: opens what it asks for, ends it on Ctrl-C and on a closed pipe, says what went wrong and settles
 * the exit code. A second Ctrl-C ends the process at once, because the first one's listener is gone by then.
 */
import { GpuBridge, type CallOptions, type GpuBridgeConfig } from "../../index.js";
import { EXIT } from "./exit.js";
import { describeFailure, exitCodeOf } from "./failure.js";
import { unwritable } from "./file_errors.js";
import type { Source } from "./source.js";

/** Seconds that a call of a long job may take where nobody says otherwise: hosts that hang are found earlier. */
const LONG_CALL_SECONDS = 600;

/** What a command works with. */
export interface Context extends Source {
  /** Fires on Ctrl-C, SIGTERM and a closed pipe. */
  readonly signal: AbortSignal;
  /** Opens a bridge; it is closed with the command. */
  open(config: GpuBridgeConfig): GpuBridge;
  /** The options for calls of a long job. */
  longCall(config: GpuBridgeConfig): CallOptions;
}

const INTERRUPTED = Symbol("interrupted");
const PIPE_CLOSED = Symbol("pipe closed");
const ENDED = Symbol("ended");

/** Runs `work`, which gives the exit code, and hands the code to the source. Never rejects. */
export async function runCommand(source: Source, work: (context: Context) => Promise<number>): Promise<void> {
  const controller = new AbortController();
  const stopWatching = watch(source, controller);
  const bridges: GpuBridge[] = [];
  try {
    source.exit(await work(contextOf(source, controller.signal, bridges)));
  } catch (error) {
    source.exit(settle(source, controller.signal, error));
  } finally {
    stopWatching();
    await Promise.all(bridges.map((bridge) => bridge.close()));
  }
}

function contextOf(source: Source, signal: AbortSignal, bridges: GpuBridge[]): Context {
  const open = (config: GpuBridgeConfig) => {
    const bridge = new GpuBridge(config);
    bridges.push(bridge);
    return bridge;
  };
  const longCall = (config: GpuBridgeConfig) => ({
    signal,
    timeout: source.timeout ?? Math.max(config.timeout ?? 0, LONG_CALL_SECONDS),
  });
  const { config, timeout, verbose = false, stdin, stdout, stderr, shell, exit } = source;
  return { config, timeout, verbose, stdin, stdout, stderr, shell, exit, signal, open, longCall };
}

/** Gives a function that ends the watch, and whatever the command left waiting, such as a read of the standard input. */
function watch({ stdout }: Source, controller: AbortController): () => void {
  const interrupt = () => controller.abort(INTERRUPTED);
  const onError = (error: NodeJS.ErrnoException) =>
    controller.abort(error.code === "EPIPE" ? PIPE_CLOSED : unwritable("The standard output", error));
  for (const name of ["SIGINT", "SIGTERM"]) process.once(name, interrupt);
  stdout.on("error", onError);
  return () => {
    for (const name of ["SIGINT", "SIGTERM"]) process.off(name, interrupt);
    controller.abort(ENDED);
  };
}

function settle({ stderr, verbose = false }: Source, signal: AbortSignal, error: unknown): number {
  if (signal.reason === PIPE_CLOSED) return EXIT.done;
  if (signal.reason === INTERRUPTED) return EXIT.interrupted;
  const shown = signal.aborted ? signal.reason : error;
  stderr.write(describeFailure(shown, { verbose }));
  return exitCodeOf(shown);
}
