/**
 * How the texts of a call get to the addon. Few cross as they are. Read one by one, ten thousand would hold the event
 * loop for as long as all else together: so many cross in blocks, each as one string and its lengths, and between two
 * blocks the event loop goes on with other work.
 */
import { setImmediate } from "node:timers/promises";

/** Texts from which on they cross in blocks. */
const MANY = 256;
/** Where a block ends: this takes a tenth of a millisecond. */
const BLOCK = { texts: 1024, characters: 2 ** 17 };

/** Whether these texts may cross as they are. */
export function areFew(texts) {
  if (texts.length >= MANY) return false;
  let characters = 0;
  for (const text of texts) characters += text.length;
  return characters <= BLOCK.characters;
}

/**
 * Each list in blocks, one after the other.
 *
 * @template {{ add(joined: string, lengths: Uint32Array): void }} Packed
 * @param {string[][]} lists which nobody else may change meanwhile
 * @param {new () => Packed} PackedTexts the addon's side
 */
export async function pack(lists, PackedTexts) {
  const packed = lists.map(() => new PackedTexts());
  for (const [index, texts] of lists.entries()) {
    for (let start = 0; start < texts.length;) {
      if (index > 0 || start > 0) await setImmediate();
      start += add(packed[index], texts, start);
    }
  }
  return packed;
}

/** Adds the block that begins with this text, and gives how many texts it has. */
function add(blocks, texts, start) {
  const lengths = new Uint32Array(Math.min(texts.length - start, BLOCK.texts));
  let [count, characters] = [0, 0];
  while (count < lengths.length && characters < BLOCK.characters) {
    characters += lengths[count] = texts[start + count].length;
    count += 1;
  }
  blocks.add(texts.slice(start, start + count).join(""), lengths.subarray(0, count));
  return count;
}
