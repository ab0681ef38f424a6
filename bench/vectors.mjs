/** Bodies of `/embed` replies as gpu-service writes them, with numbers that look like those of a model. */

/** JSON. */
export function jsonVectors({ model, count, dimensions, tokens }) {
  const all = numbers(count * dimensions);
  const rows = Array.from({ length: count }, (_, row) => {
    const cells = Array.from(all.subarray(row * dimensions, (row + 1) * dimensions), shortest);
    return `[${cells.join(",")}]`;
  });
  const rest = `"model":"${model}","dimensions":${dimensions},"truncated":[],"usage":{"tokens":${tokens}}`;
  return Buffer.from(`{"embeddings":[${rows.join(",")}],${rest}}`);
}

/** safetensors: the length of its header in eight bytes, the header, the numbers. */
export function safetensorsVectors({ model, count, dimensions, tokens }) {
  const all = numbers(count * dimensions);
  const tensor = { dtype: "F32", shape: [count, dimensions], data_offsets: [0, all.byteLength] };
  const metadata = { model, dimensions: `${dimensions}`, tokens: `${tokens}`, truncated: "[]" };
  const json = JSON.stringify({ __metadata__: metadata, embeddings: tensor });
  const header = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.from(all.buffer)]);
}

/** The same in every run, between -0.1 and 0.1. */
function numbers(count) {
  let state = 1;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return 0.2 * (state / 2 ** 32 - 0.5);
  });
}

/** The fewest digits that still are this number in 32 bits, as Rust writes it. */
function shortest(number) {
  for (let digits = 6; digits < 9; digits += 1) {
    const text = number.toPrecision(digits);
    if (Math.fround(Number(text)) === number) return String(Number(text));
  }
  return number.toPrecision(9);
}
