/**
 * A caller's logger as the addon sees it: one function for all levels. It is called for as long as the bridge is open
 * and never afterwards, and a logger that throws doesn't take the process down with it.
 */
import { describe } from "./describe.js";
import { GpuBridgeError } from "./error.js";

/** Holds no bridge, so that the addon, which holds this, doesn't keep one alive that nobody else holds. */
export class LogSink {
  #logger;

  /** @param logger with the methods `info`, `warn`, `error` and, for those who want more, `debug` */
  constructor(logger) {
    for (const level of ["info", "warn", "error"])
      check(logger, level, typeof logger?.[level] === "function");
    check(logger, "debug", logger.debug == null || typeof logger.debug === "function");
    this.#logger = logger;
  }

  /** Whether lines about single calls are wanted. */
  get debug() {
    return this.#logger.debug != null;
  }

  tell({ level, line }) {
    try {
      this.#logger?.[level](line);
    } catch {
      // What a logger can't take is lost; there is nobody else to tell.
    }
  }

  close() {
    this.#logger = undefined;
  }
}

/** The sink of the constructor's options, if they have a logger. */
export function logSink(options) {
  if (options == null) return undefined;
  if (typeof options !== "object" || Array.isArray(options))
    throw invalid(`The options are ${describe(options)}; pass an object such as { logger: console }.`);
  return options.logger == null ? undefined : new LogSink(options.logger);
}

function check(logger, level, holds) {
  if (holds) return;
  const given = typeof logger === "object" ? describe(logger?.[level]) : describe(logger);
  throw invalid(`\`logger.${level}\` is ${given}; give a logger with the methods info, warn and error.`);
}

function invalid(message) {
  return new GpuBridgeError({ code: "invalid_config", message });
}
