/** Folders for a test's files. They are gone with the process, however it ends, unless they were taken away before. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import "./signals.js";

const folders = new Set();
process.once("exit", () => folders.forEach(removeFolder));

/** A fresh folder; gives its path. */
export function temporaryFolder(prefix) {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  folders.add(folder);
  return folder;
}

/** Takes one away early. */
export function removeFolder(folder) {
  folders.delete(folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 }); // somebody may still write there
}
