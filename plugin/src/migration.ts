/**
 * Brings configs of 0.1 and 0.2 into today's form. Pure: a config in, another one out. Where both forms say something,
 * today's wins, as it does in the bridge.
 */

type Config = Record<string, unknown>;

const PACKAGE = "@elvatis_com/openclaw-gpu-bridge";
const ID = "openclaw-gpu-bridge";

/** 0.1's names of the only host, in the order in which they count. */
export const OLD_KEYS = ["serviceUrl", "url"] as const;

export interface Migrated {
  config: Config;
  changes: string[];
}

export function migrate(config: Config): Migrated {
  const changes: string[] = [];
  const plugins = { ...record(config.plugins) };
  const entries = { ...record(plugins.entries) };
  const change = (sentence: string) => changes.push(sentence);
  moveEntry(plugins, entries, change);
  moveEntry(entries, entries, change);
  modernize(entries, change);
  return { config: changes.length > 0 ? { ...config, plugins: { ...plugins, entries } } : config, changes };
}

type Change = (sentence: string) => void;

/** 0.2's README put the config under the package's name, and some have made it an entry. */
function moveEntry(from: Config, entries: Config, change: Change): void {
  if (from[PACKAGE] === undefined) return;
  const old = asEntry(from[PACKAGE]);
  delete from[PACKAGE];
  const there = record(entries[ID]);
  entries[ID] = { ...old, ...there, config: { ...old.config, ...record(there.config) } };
  change(`Moved the config of "${PACKAGE}" to plugins.entries.${ID}.config.`);
}

/** Either an entry with its config, or the bare config. */
function asEntry(old: unknown): { enabled?: unknown; config: Config } {
  const { enabled, ...bare } = record(old);
  const config = "config" in bare ? record(bare.config) : bare;
  return { ...(enabled === undefined ? {} : { enabled }), config };
}

/** 0.1 knew one host. Where hosts are listed too, its name for it was never looked at; one left empty names none. */
function modernize(entries: Config, change: Change): void {
  const entry = record(entries[ID]);
  const config = { ...record(entry.config) };
  const old = OLD_KEYS.filter((key) => config[key] !== undefined);
  if (old.length === 0) return;
  const first = old.find((key) => config[key] !== "");
  const url = first && config[first];
  for (const key of old) delete config[key];
  const listed = Array.isArray(config.hosts) && config.hosts.length > 0;
  const turned = url !== undefined && !listed;
  entries[ID] = { ...entry, config: turned ? { ...config, hosts: [{ url }] } : config };
  const where = `plugins.entries.${ID}.config`;
  change(
    turned
      ? `Turned ${where}.${first} into the first of hosts.`
      : `Removed ${old.join(" and ")} from ${where}: ${listed ? "hosts stands in its place" : "it names no host"}.`,
  );
}

function record(value: unknown): Config {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Config) : {};
}
