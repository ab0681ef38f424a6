/** The config crosses to the addon as text, so that the core's own reader names the key that is wrong. */
import { describe } from "./describe.js";
import { GpuBridgeError } from "./error.js";

const EXAMPLE = '{ hosts: [{ url: "http://127.0.0.1:8765" }] }';

export function configText(config) {
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    throw invalid(`The config is ${describe(config)}; pass an object such as ${EXAMPLE}.`);
  }
  try {
    return JSON.stringify(config, writable);
  } catch (cause) {
    if (cause instanceof GpuBridgeError) throw cause;
    throw invalid("The config can't be written as JSON; pass plain values only.", cause);
  }
}

/** JSON would leave these out, or make them null, and the default would take the place of what was meant. */
function writable(key, value) {
  const lost = ["function", "symbol", "bigint"].includes(typeof value);
  if (!lost && !(typeof value === "number" && !Number.isFinite(value))) return value;
  throw invalid(`\`${key}\` of the config is ${describe(value)}; pass plain values only.`);
}

function invalid(message, cause) {
  return new GpuBridgeError({ code: "invalid_config", message, cause });
}
