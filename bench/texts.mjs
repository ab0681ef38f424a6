/**
 * A hundred real English texts of mixed length, the same in every run: the sentences of the demonstration and the
 * paragraphs of the licence, from 6 to 154 words.
 */
import { readFileSync } from "node:fs";
import { TOPICS } from "../demo/sentences.mjs";
import { inRoot } from "../scripts/run/paths.mjs";

const COUNT = 100;

export function texts() {
  const sentences = Object.values(TOPICS).flat();
  const paragraphs = readFileSync(inRoot("LICENSE"), "utf8")
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s+/g, " ").trim())
    .filter((paragraph) => wordsIn(paragraph) > 5);
  const clauses = paragraphs
    .flatMap((paragraph) => paragraph.split(/(?<=[.;:]) /))
    .filter((text) => wordsIn(text) > 5);
  const mixed = interleave(sentences, [...paragraphs, ...clauses]);
  if (mixed.length < COUNT) throw new Error(`The corpus holds ${mixed.length} texts; ${COUNT} are needed.`);
  return mixed.slice(0, COUNT);
}

/** `[candidate, reference]` pairs of texts that stand beside each other. */
export function pairs() {
  const all = texts();
  return { candidates: all, references: [...all.slice(1), all[0]] };
}

const wordsIn = (text) => text.split(" ").length;

/** One short text for every two others, until one side runs out. */
function interleave(short, long) {
  return short.flatMap((text, index) => [text, ...long.slice(2 * index, 2 * index + 2)]);
}
