/**
 * Vectors as JSON lines: `{"index":0,"embedding":[…]}`, the index counted from 0 over the whole file. Numbers are the
 * shortest decimals that read back as the same float32.
 */
import { shortest } from "./floats.js";

/**
 * @param {Float32Array} vectors row after row
 * @param {number} columns
 * @param {number} firstRow the index of the first of these rows
 */
export function jsonLines(vectors, columns, firstRow) {
  const lines = [];
  for (let start = 0; start < vectors.length; start += columns)
    lines.push(line(vectors.subarray(start, start + columns), firstRow + lines.length));
  return Buffer.from(lines.join(""));
}

const line = (vector, index) =>
  `{"index":${index},"embedding":[${Array.from(vector, shortest).join(",")}]}\n`;
