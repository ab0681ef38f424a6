/**
 * One run a file: two that write the same one would mix their rows. A lock stands beside the file while a run is at it
 * and says whose it is, so that the next run takes over what a killed one left behind.
 */
import { readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { UsageError } from "../failure.js";
import { unwritable } from "../file_errors.js";

interface Owner {
  pid: number;
  host: string;
}

const lockOf = (path: string): string => `${path}.part.lock`;

/** Gives a function that unlocks. Rejects where another run is at the file. */
export async function lock(path: string): Promise<() => Promise<void>> {
  const own = JSON.stringify({ pid: process.pid, host: hostname() } satisfies Owner);
  if (!(await created(path, own))) {
    const owner = await ownerOf(path);
    if (owner && mayRun(owner)) throw busy(path, owner);
    await unlock(path);
    if (!(await created(path, own))) throw busy(path, await ownerOf(path));
  }
  return () => unlock(path);
}

const unlock = (path: string) => rm(lockOf(path), { force: true });

async function created(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(lockOf(path), content, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    await unlock(path); // made and not written, where the disk is full
    throw unwritable(path, error);
  }
}

/** A lock that its owner was killed over before it was written says nothing. */
async function ownerOf(path: string): Promise<Owner | undefined> {
  const text = await readFile(lockOf(path), "utf8").catch(() => "");
  try {
    const { pid, host } = JSON.parse(text) as Partial<Owner>;
    return Number.isSafeInteger(pid) && typeof host === "string" ? { pid: pid as number, host } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Of another machine's processes nothing can be known. A process of another user may not be signalled, but is there. A
 * container that was started again may give us the number of the run before.
 */
function mayRun({ pid, host }: Owner): boolean {
  if (host !== hostname()) return true;
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function busy(path: string, owner: Owner | undefined): UsageError {
  const whose = owner ? `process ${owner.pid} on ${owner.host}` : "another run";
  return new UsageError(
    `${path} is being written by ${whose}. Wait for its end, or remove ${lockOf(path)} where it is gone.`,
  );
}
