/**
 * The header of a `.safetensors` file with one float32 matrix, `embeddings`, as gpu-service sends it, and the model's
 * name in its metadata. It has the same length for every number of rows, so that it can be written first and corrected
 * at the end: the format allows spaces after the JSON. The numbers follow it row after row, little-endian.
 */

const ALIGNMENT = 8;
const LENGTH_FIELD = 8;

/**
 * @param {number} rows
 * @param {number} columns
 * @param {string} model
 */
export function safetensorsHeader(rows, columns, model) {
  const length = align(Buffer.byteLength(json(Number.MAX_SAFE_INTEGER, columns, model)) + OFFSET_ROOM);
  const text = Buffer.from(json(rows, columns, model));
  const header = Buffer.alloc(LENGTH_FIELD + length, " ");
  header.writeBigUInt64LE(BigInt(length));
  text.copy(header, LENGTH_FIELD);
  return header;
}

/** The end of the data has more digits than the count of rows, by as many as a row's size in bytes has. */
const OFFSET_ROOM = 16;

function json(rows, columns, model) {
  const data_offsets = [0, rows * columns * Float32Array.BYTES_PER_ELEMENT];
  const embeddings = { dtype: "F32", shape: [rows, columns], data_offsets };
  return JSON.stringify({ __metadata__: { model }, embeddings });
}

const align = (length) => Math.ceil(length / ALIGNMENT) * ALIGNMENT;
