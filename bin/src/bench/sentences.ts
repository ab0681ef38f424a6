/** Texts to measure with: plain words, no two texts alike, the same in every run. */

const WORDS = (
  "gpu river market violin proof harbor winter engine garden letter window mountain teacher number silver thread " +
  "morning village copper theory signal forest bridge island paper summer planet history doctor kitchen music"
).split(" ");

/** @param first the number of the first text, so that a later call gets others */
export function sentences(count: number, words: number, first = 0): string[] {
  return Array.from({ length: count }, (_, row) => sentence(first + row, words));
}

function sentence(seed: number, words: number): string {
  const word = (_: unknown, column: number) =>
    WORDS[(seed * 7 + column * (3 + (seed % 5)) + seed ** 2) % WORDS.length];
  return `Text ${seed}: ${Array.from({ length: words }, word).join(" ")}.`;
}
