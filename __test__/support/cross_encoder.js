/**
 * A small cross-encoder of `goldens/cross_encoders`, written to a folder that a host serves it from. Its weights
 * follow from their names and shapes, by the formula of `goldens/made_weights.py`.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { removeFolder, temporaryFolder } from "./temporary.js";

const goldens = new URL("../../goldens/", import.meta.url);

/** The model and what the reference makes of its pairs. */
export const readGolden = (name) =>
  JSON.parse(readFileSync(new URL(`cross_encoders/${name}.json`, goldens), "utf8"));

/** Writes the model to a fresh folder, under the name given. */
export function writeModel({ config, tokenizer, weights }, name) {
  const folder = temporaryFolder("models-");
  const place = join(folder, name);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "config.json"), JSON.stringify(config));
  writeFileSync(join(place, "model.safetensors"), safetensors(weights));
  cpSync(new URL(`tokenizers/${tokenizer}/fast/`, goldens), place, { recursive: true });
  return { folder, remove: () => removeFolder(folder) };
}

function safetensors(weights) {
  const header = {};
  const tensors = weights.map(([name, shape]) => Buffer.from(made(name, shape).buffer));
  let end = 0;
  for (const [index, [name, shape]] of weights.entries()) {
    header[name] = { dtype: "F32", shape, data_offsets: [end, (end += tensors[index].length)] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...tensors]);
}

function made(name, shape) {
  const vector = shape.length === 1;
  const gain = vector && name.endsWith("weight") && name.toLowerCase().includes("norm");
  const scale = vector ? 0.3 : 1.5 * Math.sqrt(3 / product(shape.slice(1)));
  const next = uniform(name);
  return Float32Array.from({ length: product(shape) }, () => (gain ? 1 : 0) + scale * next());
}

/** Numbers from -1 to 1: splitmix64, seeded by the FNV-1a of the name. */
function uniform(name) {
  const u64 = (value) => BigInt.asUintN(64, value);
  const fold = (hash, byte) => u64((hash ^ BigInt(byte)) * 0x100000001b3n);
  let state = Buffer.from(name).reduce(fold, 0xcbf29ce484222325n);
  return () => {
    state = u64(state + 0x9e3779b97f4a7c15n);
    let z = u64((state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = u64((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return Number((z ^ (z >> 31n)) >> 40n) / 2 ** 23 - 1;
  };
}

const product = (numbers) => numbers.reduce((a, b) => a * b, 1);
