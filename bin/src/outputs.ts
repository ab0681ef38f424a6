/**
 * Whether a file can be written, asked before any work is done for it: its folder is there and may be written to, and
 * it is none of the files that are read, and no device, whose place a file would take.
 */
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { UsageError } from "./failure.js";

/** @param inputs what is read, `-` for the standard input */
export async function checkOutput(path: string, inputs: string[] = []): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) throw new UsageError(`${path} is a folder; name a file to write to.`);
  if (found && !found.isFile())
    throw new UsageError(`${path} is not a file; name one, or leave the option out for the standard output.`);
  for (const input of found ? inputs : [])
    if (await isSame(input, found)) throw new UsageError(`${path} is read; write to another file.`);
  await checkFolder(path);
}

type Identity = { dev: number; ino: number } | undefined;

async function isSame(input: string, output: Identity): Promise<boolean> {
  const found = await stat(input).catch(() => undefined);
  return found?.dev === output?.dev && found?.ino === output?.ino;
}

async function checkFolder(path: string): Promise<void> {
  const folder = dirname(path);
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) throw new UsageError(`${path} can't be written: there is no folder ${folder}.`);
  await access(folder, constants.W_OK).catch(() => {
    throw new UsageError(`${path} can't be written: the folder ${folder} is not yours to write to.`);
  });
}
