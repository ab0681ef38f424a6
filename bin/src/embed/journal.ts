/**
 * Says beside an unfinished file how far it has come and what it is made of, so that a later run can go on, or refuse
 * to. It is replaced as a whole after every chunk, once the chunk is on the disk.
 */
import { open, readFile, rename, rm } from "node:fs/promises";
import type { VectorFacts } from "../../../files/index.js";
import { UsageError } from "../failure.js";
import type { Position } from "./chunks.js";

const VERSION = 1;

/** What a run has to be gone on with, beside the input. */
export interface Settings {
  format: VectorFacts["format"];
  field: string | null;
  chunk: number;
  model: string | null;
  dimensions: number | null;
  normalize: boolean | null;
  promptName: string | null;
  /** Where the numbers of cut lines go. */
  reportTruncated: string | null;
}

/** An unfinished run. */
export interface Journal {
  version: typeof VERSION;
  settings: Settings;
  /** What the hosts answered with. */
  answered: { model: string; dimensions: number; fingerprint: string | null };
  input: Position;
  output: { rows: number; bytes: number };
  tokens: number;
  /** Texts that were cut so far, and the length of the list of them in bytes. */
  truncated: { count: number; bytes: number };
}

export const journalOf = (path: string): string => `${path}.part.json`;

export const journalVersion = VERSION;

/** The journal of an unfinished run, where there is one. */
export async function readJournal(path: string): Promise<Journal | undefined> {
  const text = await readFile(journalOf(path), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return text === undefined ? undefined : parse(path, text);
}

export async function writeJournal(path: string, journal: Journal): Promise<void> {
  const fresh = `${journalOf(path)}.new`;
  const file = await open(fresh, "w");
  try {
    await file.writeFile(JSON.stringify(journal, null, 2) + "\n");
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(fresh, journalOf(path));
}

export async function removeJournal(path: string): Promise<void> {
  await rm(journalOf(path), { force: true });
}

/** Throws where the run was started with other settings, naming the first that differs. */
export function checkSettings(path: string, before: Settings, now: Settings): void {
  const differs = (Object.keys(now) as (keyof Settings)[]).find((key) => before[key] !== now[key]);
  if (differs === undefined) return;
  throw new UsageError(
    `${path} was begun with ${differs} ${JSON.stringify(before[differs])}, not ${JSON.stringify(now[differs])}. ` +
      "Go on with the same settings, or start anew with --force.",
  );
}

function parse(path: string, text: string): Journal {
  try {
    const journal = JSON.parse(text) as Journal;
    if (journal.version === VERSION) return journal;
  } catch {
    // Said below: what can't be read is of no use either.
  }
  throw new UsageError(`${journalOf(path)} is no journal of this version; start anew with --force.`);
}
