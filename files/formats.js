/**
 * The formats that vectors are written in. Each is a header, which may depend on the number of rows but whose length
 * does not, and what the rows become.
 */
import { floatBytes } from "./floats.js";
import { jsonLines } from "./jsonl.js";
import { npyHeader } from "./npy.js";
import { safetensorsHeader } from "./safetensors.js";

const NO_HEADER = () => Buffer.alloc(0);

const FORMATS = {
  npy: { header: ({ rows, dimensions }) => npyHeader(rows, dimensions), encode: floatBytes },
  safetensors: {
    header: ({ rows, dimensions, model }) => safetensorsHeader(rows, dimensions, model),
    encode: floatBytes,
  },
  jsonl: { header: NO_HEADER, encode: jsonLines },
  raw: { header: NO_HEADER, encode: floatBytes },
};

/** The names of the formats. */
export const FORMAT_NAMES = Object.keys(FORMATS);

/** Suffixes, each with its format. */
const SUFFIXES = { ".npy": "npy", ".safetensors": "safetensors", ".jsonl": "jsonl", ".f32": "raw" };

/** The format that a path's suffix names, or `undefined`. */
export function formatOf(path) {
  const suffix = Object.keys(SUFFIXES).find((suffix) => path.toLowerCase().endsWith(suffix));
  return suffix && SUFFIXES[suffix];
}

/** A format by its name. */
export function formatNamed(name) {
  if (!Object.hasOwn(FORMATS, name))
    throw new RangeError(`There is no format "${name}"; there are ${FORMAT_NAMES.join(", ")}.`);
  return FORMATS[name];
}
