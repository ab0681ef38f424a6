/** Reads `--host URL[,name=NAME][,key=VARIABLE][,weight=N]`. Whether the values are good is the bridge's to say. */
import type { HostConfig } from "../../../index.js";
import type { Environment } from "../environment.js";
import { UsageError } from "../failure.js";
import { wholeNumber } from "../input/numbers.js";

export function hostFlag(flag: string, environment: Environment): HostConfig {
  const [url = "", ...settings] = flag.split(",");
  const host: HostConfig = { url };
  for (const setting of settings) Object.assign(host, settingOf(setting, environment));
  return host;
}

function settingOf(setting: string, environment: Environment): Partial<HostConfig> {
  const at = setting.indexOf("=");
  const name = setting.slice(0, Math.max(at, 0));
  const value = setting.slice(at + 1);
  switch (name) {
    case "name":
      return { name: value };
    case "weight":
      return { weight: wholeNumber("weight= of --host", value) as number };
    case "key":
      return { apiKey: keyIn(value, environment) };
    default:
      throw unknown(name);
  }
}

/** What isn't a name may be a key that was put here by mistake, so it is not repeated. */
function unknown(name: string): UsageError {
  const part = name ? `"${name}="` : "a part without a name";
  return new UsageError(
    `--host: ${part} is none of name=…, key=… and weight=…; name each further host with a --host of its own.`,
  );
}

/** The name may be a key as well. */
function keyIn(name: string, environment: Environment): string {
  const key = environment.variable(name);
  if (key !== undefined) return key;
  throw new UsageError("key= of --host names an environment variable that is not set; put the key into one.");
}
