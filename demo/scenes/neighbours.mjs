/** Embeds sentences of several topics and finds, for each, the one that means the most similar thing. */
import { dim } from "../../scripts/run/terminal.mjs";
import { column, require, row } from "../screen.mjs";
import { TOPICS } from "../sentences.mjs";

const SHARE_OF_OWN_TOPIC = 0.75;

export async function neighbours(openclaw) {
  const sentences = Object.entries(TOPICS).flatMap(([topic, texts]) =>
    texts.map((text) => ({ topic, text })),
  );
  const texts = sentences.map(({ text }) => text);
  const { embeddings, model, dimensions } = await openclaw.ask("gpu_embed", { texts, output: "inline" });
  require(embeddings.length ===
    texts.length, `${embeddings.length} vectors came back for ${texts.length} texts.`);
  const nearest = sentences.map((_, index) => nearestTo(index, embeddings));
  for (let index = 0; index < sentences.length; index += 6) show(sentences, index, nearest[index]);
  const own = nearest.filter(({ other }, index) => sentences[other].topic === sentences[index].topic).length;
  require(own >=
    SHARE_OF_OWN_TOPIC *
      texts.length, `Only ${own} of ${texts.length} sentences sit beside their own topic.`);
  return `${texts.length} texts, ${dimensions} dimensions, ${model}; ${own} sit beside one of their own topic`;
}

function show(sentences, index, { other, similarity }) {
  const { topic, text } = sentences[index];
  row("•", `${column(topic, 10)} ${column(text, 66)}`);
  row(" ", `${dim(column("", 7))} ${similarity.toFixed(2)} ${dim(sentences[other].text)}`);
}

function nearestTo(index, vectors) {
  const similarities = vectors.map((vector, other) =>
    other === index ? -Infinity : dot(vectors[index], vector),
  );
  const similarity = Math.max(...similarities);
  return { other: similarities.indexOf(similarity), similarity };
}

/** Cosine similarity of vectors of length 1. */
const dot = (a, b) => a.reduce((sum, value, index) => sum + value * b[index], 0);
