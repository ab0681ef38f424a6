/** The one place that reads the environment: what the commands need of it, as plain values. */
import { homedir } from "node:os";

/** Where things are, and a look at single variables. */
export interface Environment {
  home: string;
  openclaw: { home?: string; stateDir?: string; configPath?: string };
  /** A variable that a config or a flag names; empty ones count as missing. */
  variable(name: string): string | undefined;
}

export function environment(): Environment {
  const variable = (name: string) => process.env[name] || undefined;
  const found = {
    home: variable("OPENCLAW_HOME"),
    stateDir: variable("OPENCLAW_STATE_DIR"),
    configPath: variable("OPENCLAW_CONFIG_PATH"),
  };
  const openclaw = Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
  return { home: homedir(), openclaw, variable };
}
