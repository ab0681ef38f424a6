/** Reads files of vectors back, independently of what writes them. */
import { readFileSync } from "node:fs";

/** `{ rows, columns, numbers }` of an `.npy` file of float32. */
export function readNpy(path) {
  const bytes = readFileSync(path);
  const end = 10 + bytes.readUInt16LE(8);
  const [, rows, columns] = bytes
    .subarray(10, end)
    .toString("latin1")
    .match(/'descr': '<f4', 'fortran_order': False, 'shape': \((\d+), (\d+)\)/)
    .map(Number);
  return { rows, columns, numbers: floats(bytes.subarray(end)) };
}

/** The same of a `.safetensors` file, and its model. */
export function readSafetensors(path) {
  const bytes = readFileSync(path);
  const start = 8 + Number(bytes.readBigUInt64LE());
  const { embeddings, __metadata__ } = JSON.parse(bytes.subarray(8, start).toString());
  const [rows, columns] = embeddings.shape;
  const numbers = floats(
    bytes.subarray(start + embeddings.data_offsets[0], start + embeddings.data_offsets[1]),
  );
  return { rows, columns, numbers, model: __metadata__.model };
}

/** The same of JSON lines. */
export function readJsonLines(content) {
  const lines = content.trimEnd().split("\n").map(JSON.parse);
  const numbers = Float32Array.from(lines.flatMap(({ embedding }) => embedding));
  return {
    rows: lines.length,
    columns: lines[0].embedding.length,
    numbers,
    indices: lines.map(({ index }) => index),
  };
}

export const floats = (bytes) => new Float32Array(Uint8Array.from(bytes).buffer);
