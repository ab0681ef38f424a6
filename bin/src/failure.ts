/** What went wrong, in a sentence or two for people, and as an exit code. */
import { GpuBridgeError } from "../../index.js";
import { EXIT } from "./exit.js";

/** The user can mend it: a flag, a file, a config. */
export class UsageError extends Error {}

const CONFIG_CODES: ReadonlySet<string> = new Set(["invalid_config", "not_configured"]);

export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof GpuBridgeError && CONFIG_CODES.has(error.code)) return EXIT.usage;
  return EXIT.failed;
}

/** The lines for stderr. */
export function describeFailure(error: unknown, { verbose = false } = {}): string {
  const lines = [`gpu-bridge: ${headline(error)}`, ...attempts(error)];
  if (verbose && error instanceof Error && error.stack) lines.push(error.stack);
  return lines.join("\n") + "\n";
}

function headline(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof GpuBridgeError ? `${error.message} [${codeOf(error)}]` : error.message;
}

function codeOf({ code, status, host }: GpuBridgeError): string {
  return [code, status && `HTTP ${status}`, host && `host ${host}`].filter(Boolean).join(", ");
}

/** The last attempt on each host, where the message itself does not name it. */
function attempts(error: unknown): string[] {
  if (!(error instanceof GpuBridgeError)) return [];
  const said = ({ message }: { message: string }) => error.message.includes(message);
  const unsaid = error.attempts.filter((attempt) => !said(attempt));
  const last = new Map(unsaid.map((attempt) => [attempt.host, attempt]));
  return [...last.values()].map(({ host, code, message }) => `  ${host}: ${message} [${code}]`);
}
