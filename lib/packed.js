/**
 * Many short texts cross to the addon as one string and their lengths: read one by one, ten thousand would hold the
 * event loop for as long as all else together. Few texts, and long ones, cross as they are; it would cost them more.
 */

/** Texts from which on they are packed. */
const MANY = 256;
/** Characters of all together up to which they are. */
const MOST = 2 ** 22;

/** The texts in one, or nothing where they cross as they are. */
export function packed(texts) {
  if (texts.length < MANY) return undefined;
  const lengths = new Uint32Array(texts.length);
  let total = 0;
  for (let index = 0; index < lengths.length; index += 1) total += lengths[index] = texts[index].length;
  return total > MOST ? undefined : { joined: texts.join(""), lengths };
}
