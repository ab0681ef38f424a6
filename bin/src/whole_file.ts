/** A file that appears whole or not at all: what is there stays until the new one is on the disk. */
import { rename, rm, writeFile } from "node:fs/promises";
import { unwritable } from "./file_errors.js";

export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const part = `${path}.part`;
  try {
    await writeFile(part, content, { flush: true });
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw unwritable(path, error);
  }
}
