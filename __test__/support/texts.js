/** Texts that trip encoders up, and a job that is long enough to be met while it runs. */

export const AWKWARD = {
  empty: "",
  blank: " \t\n ",
  long: "token ".repeat(300),
  cjk: "東京は日本の首都です。",
  emoji: "👩‍👩‍👧‍👦 🚀 naïve café",
  control: "a\u0000b\u0007c\u200bd",
  special: "[CLS] is not a [SEP] token [PAD] here [MASK]",
};

/** Distinct sentences, so that no cache can answer. */
export function sentences(count, words = 12) {
  const vocabulary = [
    "gpu",
    "river",
    "market",
    "violin",
    "proof",
    "harbor",
    "winter",
    "engine",
    "garden",
    "letter",
  ];
  const word = (row, column) => vocabulary[(row * 7 + column * 3 + ((row * column) % 5)) % vocabulary.length];
  return Array.from({ length: count }, (_, row) => {
    const body = Array.from({ length: words }, (_, column) => word(row, column)).join(" ");
    return `Sentence ${row}: ${body}.`;
  });
}
