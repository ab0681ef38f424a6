/**
 * The hosts that an entry of the config stands for. An entry whose hosts are discovered in DNS has several, and each of
 * them is checked for itself, by its address.
 */
import type { HostSnapshot } from "../../../index.js";
import type { NamedHost } from "../config/hosts.js";
import { UsageError } from "../failure.js";

/** @param snapshots the hosts that a bridge over the whole config has found */
export function membersOf(host: NamedHost, snapshots: Pick<HostSnapshot, "name">[]): NamedHost[] {
  if (host.discover === undefined) return [host];
  if (new URL(host.url).protocol === "https:")
    throw new UsageError(
      `${host.name} stands for hosts that DNS names. Their certificates are for the name, so they can't be checked ` +
        "one by one by their addresses; list them in a config of their own.",
    );
  const { discover: _, ...entry } = host;
  const prefix = `${host.name}/`;
  const found = snapshots.filter(({ name }) => name.startsWith(prefix));
  return found.map(({ name }) => ({ ...entry, name, url: at(host.url, name.slice(prefix.length)) }));
}

function at(url: string, address: string): string {
  const parsed = new URL(url);
  parsed.host = address;
  return parsed.href;
}
