/** Errors of the bridge and the hosts count the texts of a call from 0; people count the lines of the input from 1. */
import { GpuBridgeError } from "../../../index.js";

/** @param first the line of the call's first text */
export function nameLines(error: unknown, first: number): unknown {
  if (!(error instanceof GpuBridgeError)) return error;
  const named = (message: string) =>
    message.replace(/`?texts\[(\d+)\]`?/g, (_, index: string) => `line ${first + Number(index)}`);
  error.message = capital(named(error.message));
  for (const attempt of error.attempts) attempt.message = named(attempt.message);
  return error;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
