/** The files of vectors, byte for byte as NumPy 2 and safetensors 0.7 write them, and what is left of unfinished ones. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { formatOf, partOf, VectorFile } from "../files/index.js";
import { shortest } from "../files/floats.js";
import { temporaryFolder } from "./support/temporary.js";

const folder = temporaryFolder("vectors-");

const VECTORS = Float32Array.from([0, 1, 2, 3, 4, 5], (number) => number / 7);
/** `numpy.arange(6, dtype="<f4").reshape(2, 3) / 7`, as its bytes. */
const NUMBERS = "000000002549123e2549923eb76ddb3e2549123f6edb363f";
/** What `numpy.save` writes of it. */
const NPY =
  Buffer.from("\x93NUMPY\x01\x00v\x00", "latin1").toString("hex") +
  Buffer.from("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".padEnd(117) + "\n").toString(
    "hex",
  ) +
  NUMBERS;

async function write(name, blocks, facts = {}) {
  const path = join(folder, name);
  const file = await VectorFile.create(path, { format: formatOf(path), dimensions: 3, model: "m", ...facts });
  for (const block of blocks) await file.write(block);
  await file.finish();
  return readFileSync(path);
}

const halves = [VECTORS.subarray(0, 3), VECTORS.subarray(3)];

test("an .npy file has the bytes that numpy.save writes", async (t) => {
  t.is((await write("a.npy", [VECTORS])).toString("hex"), NPY);
  t.is((await write("b.npy", halves)).toString("hex"), NPY);
});

test("a .safetensors file holds the matrix, and the model's name", async (t) => {
  const bytes = await write("a.safetensors", halves);
  const length = Number(bytes.readBigUInt64LE());
  t.is((8 + length) % 8, 0);
  t.deepEqual(JSON.parse(bytes.subarray(8, 8 + length)), {
    __metadata__: { model: "m" },
    embeddings: { dtype: "F32", shape: [2, 3], data_offsets: [0, 24] },
  });
  t.is(bytes.subarray(8 + length).toString("hex"), NUMBERS);
});

test("the header of a .safetensors file has the same length for any number of rows", async (t) => {
  const { safetensorsHeader } = await import("../files/safetensors.js");
  for (const model of ["m", "Übermodell", 'a"b'])
    for (const columns of [1, 384, 65536]) {
      const lengths = [0, 1, 10 ** 9, Math.floor(Number.MAX_SAFE_INTEGER / 4 / columns)].map(
        (rows) => safetensorsHeader(rows, columns, model).length,
      );
      t.is(new Set(lengths).size, 1, `${model} ${columns}: ${lengths}`);
    }
});

test("a .jsonl file counts its rows on over all blocks", async (t) => {
  const lines = (await write("a.jsonl", halves)).toString().trimEnd().split("\n").map(JSON.parse);
  t.deepEqual(
    lines.map(({ index }) => index),
    [0, 1],
  );
  t.deepEqual(Float32Array.from(lines.flatMap(({ embedding }) => embedding)), VECTORS);
});

test("a bare file is the numbers", async (t) => {
  t.is((await write("a.f32", halves)).toString("hex"), NUMBERS);
});

test("decimals are short, and read back as the same float", (t) => {
  t.deepEqual([0.1, 1, 0.5, -2.25, 0, -0].map(Math.fround).map(shortest), [
    "0.1",
    "1",
    "0.5",
    "-2.25",
    "0",
    "-0",
  ]);
  const bits = new Uint32Array(1);
  const [float, seed] = [new Float32Array(bits.buffer), Date.now() >>> 0];
  for (let step = 0, state = seed; step < 50_000; step += 1) {
    bits[0] = state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const [number] = float;
    if (Number.isFinite(number)) {
      const back = Math.fround(JSON.parse(shortest(number)));
      if (!Object.is(back, number)) t.fail(`seed ${seed}: ${number} reads back as ${back}`);
    }
  }
});

test("a path has its old file until the new one is whole", async (t) => {
  const path = join(folder, "kept.npy");
  writeFileSync(path, "old");
  const file = await VectorFile.create(path, { format: "npy", dimensions: 3, model: "m" });
  await file.write(VECTORS);
  t.is(readFileSync(path, "utf8"), "old");
  await file.discard();
  t.false(existsSync(partOf(path)));
  t.is(readFileSync(path, "utf8"), "old");
});

for (const format of ["npy", "safetensors", "jsonl", "raw"])
  test(`an unfinished ${format} file goes on where it was left, whatever was written behind`, async (t) => {
    const path = join(folder, `resumed.${format}`);
    const facts = { format, dimensions: 3, model: "m" };
    const file = await VectorFile.create(path, facts);
    await file.write(halves[0]);
    await file.sync();
    const { rows, bytes } = file;
    await file.write(new Float32Array(30).fill(9));
    await file.close();
    const resumed = await VectorFile.resume(path, facts, { rows, bytes });
    await resumed.write(halves[1]);
    t.is(resumed.rows, 2);
    await resumed.finish();
    t.deepEqual(readFileSync(path), await write(`whole-${format}`, [VECTORS], { format }));
    t.false(existsSync(partOf(path)));
  });

test("an unfinished file that lost rows is not gone on with", async (t) => {
  const path = join(folder, "lost.npy");
  const facts = { format: "npy", dimensions: 3, model: "m" };
  await (await VectorFile.create(path, facts)).close();
  await t.throwsAsync(VectorFile.resume(path, facts, { rows: 2, bytes: 152 }), { message: /128 bytes/ });
});

test("what is no file is not replaced, and what is no row is not written", async (t) => {
  const facts = { format: "npy", dimensions: 3, model: "m" };
  await t.throwsAsync(VectorFile.create(folder, facts), { message: /is not a file/ });
  await t.throwsAsync(VectorFile.create("/dev/null", facts), { message: /is not a file/ });
  const file = await VectorFile.create(join(folder, "odd.npy"), facts);
  await t.throwsAsync(file.write(new Float32Array(4)), { instanceOf: RangeError });
  await file.discard();
  t.is(formatOf("a.txt"), undefined);
  t.is(formatOf("A.NPY"), "npy");
  await t.throwsAsync(VectorFile.create(join(folder, "x"), { ...facts, format: "toString" }), {
    instanceOf: RangeError,
  });
});
