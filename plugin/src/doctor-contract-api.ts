/**
 * What `openclaw doctor` asks this plugin about configs of earlier versions: what is outdated, and how it is written
 * today. The host finds this file by its name. It never runs while tools do, and changes nothing itself: it answers
 * with another config.
 */
import { migrate, OLD_KEYS } from "./migration.js";

interface LegacyConfigRule {
  path: string[];
  message: string;
  match(value: unknown): boolean;
}

const FIX = 'Run "openclaw doctor --fix".';
const ENTRY = ["plugins", "entries", "openclaw-gpu-bridge", "config"];

/** Where outdated configs are seen. */
export const legacyConfigRules: LegacyConfigRule[] = [
  {
    path: ["plugins", "@elvatis_com/openclaw-gpu-bridge"],
    message: `The config of the GPU bridge is looked up in plugins.entries["openclaw-gpu-bridge"].config. ${FIX}`,
    match: () => true,
  },
  {
    path: ["plugins", "entries", "@elvatis_com/openclaw-gpu-bridge"],
    message: `The GPU bridge's entry is called "openclaw-gpu-bridge", not by the package's name. ${FIX}`,
    match: () => true,
  },
  ...OLD_KEYS.map((key) => ({
    path: [...ENTRY, key],
    message: `${ENTRY.join(".")}.${key} names the only host, as 0.1 did; today's name is hosts. ${FIX}`,
    match: (value: unknown) => value !== undefined,
  })),
];

/** Today's form of a whole OpenClaw config, and a sentence on each change. */
export function normalizeCompatibilityConfig({ cfg }: { cfg: Record<string, unknown> }) {
  return migrate(cfg);
}
