/**
 * Where a tool writes vectors: a path in the workspace that ends as its format does. What is there already is replaced
 * only if it is vectors in that format too, so that a call can be repeated and no other file is ever lost.
 */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { ToolInputError } from "./errors.js";
import type { FilesModule } from "./package.js";
import type { Workspace } from "./workspace.js";

export const FORMATS = ["npy", "safetensors", "jsonl"] as const;

export type VectorsFormat = (typeof FORMATS)[number];

export interface FormatChoice {
  path?: string;
  format?: VectorsFormat;
}

export interface VectorsPath {
  /** As the caller wrote it, or as it was made up; in the workspace. */
  path: string;
  real: string;
  format: VectorsFormat;
}

/** The folder of files whose names are made up. */
const FOLDER = "gpu-embeddings";

/** Settles path and format. Two calls for the same vectors get the same made-up path. */
export async function vectorsPath(
  { files, workspace }: { files: FilesModule; workspace: Workspace },
  request: FormatChoice & { model?: string; dimensions?: number },
  texts: string[],
): Promise<VectorsPath> {
  const format = request.format ?? formatOf(files, request.path) ?? "npy";
  const path = request.path ?? `${FOLDER}/${digest([texts, request.model, request.dimensions])}.${format}`;
  if (formatOf(files, path) !== format) {
    const ends = request.format ? `ends in .${format}` : `ends in .${FORMATS.join(", .")}`;
    throw new ToolInputError(`\`path\` is "${path}"; vectors need a path that ${ends}.`);
  }
  const real = await workspace.writable(path, "path");
  await workspace.writable(files.partOf(path), "path");
  if (!(await replaceable(real, format)))
    throw new ToolInputError(`\`path\` is "${path}", where a file other than vectors is. Name another one.`);
  return { path, real, format };
}

function formatOf(files: FilesModule, path: string | undefined): VectorsFormat | undefined {
  const format = path === undefined ? undefined : files.formatOf(path);
  return FORMATS.find((name) => name === format);
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}

/** How files of vectors begin. */
const BEGINNINGS: Record<VectorsFormat, RegExp> = {
  npy: /^\x93NUMPY/,
  safetensors: /^[^]{8}\{.*"embeddings":/,
  jsonl: /^\{"index":0,"embedding":\[/,
};

async function replaceable(real: string, format: VectorsFormat): Promise<boolean> {
  const handle = await open(real).catch(() => undefined);
  if (!handle) return true;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(1024), 0, 1024, 0);
    return BEGINNINGS[format].test(buffer.toString("latin1", 0, bytesRead));
  } finally {
    await handle.close();
  }
}
