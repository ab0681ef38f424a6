/** Files of vectors: `.npy`, `.safetensors`, `.jsonl` and bare float32, written as they come. */
export { shortest } from "./floats.js";
export { FORMAT_NAMES, formatNamed, formatOf } from "./formats.js";
export { npyHeader } from "./npy.js";
export { partOf, VectorFile } from "./vector_file.js";
