/**
 * The header of NumPy's `.npy`, version 1.0, for a matrix of float32. It has the same length for every number of rows,
 * so that it can be written first and corrected at the end; NumPy itself leaves this room. The numbers follow it row
 * after row, little-endian.
 */

const MAGIC = Buffer.from("\x93NUMPY\x01\x00", "latin1");
const ALIGNMENT = 64;
const LONGEST_COUNT = String(Number.MAX_SAFE_INTEGER).length;

/**
 * @param {number} rows
 * @param {number} columns
 */
export function npyHeader(rows, columns) {
  const shape = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  const longest = shape.length - String(rows).length + LONGEST_COUNT;
  const before = MAGIC.length + 2;
  const length = Math.ceil((before + longest + 1) / ALIGNMENT) * ALIGNMENT - before;
  const lengthField = Buffer.alloc(2);
  lengthField.writeUInt16LE(length);
  return Buffer.concat([MAGIC, lengthField, Buffer.from(`${shape.padEnd(length - 1)}\n`, "latin1")]);
}
