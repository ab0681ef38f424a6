/** Scores pairs that mean the same beside pairs that don't. */
import { dim } from "../../scripts/run/terminal.mjs";
import { column, require, row } from "../screen.mjs";
import { PARAPHRASES, UNRELATED } from "../sentences.mjs";

export async function bertscore(openclaw) {
  const pairs = [...PARAPHRASES, ...UNRELATED];
  const answer = await openclaw.ask("gpu_bertscore", {
    candidates: pairs.map(([candidate]) => candidate),
    references: pairs.map(([, reference]) => reference),
  });
  pairs.forEach((pair, index) => show(pair, answer.f1[index]));
  const same = mean(answer.f1.slice(0, PARAPHRASES.length));
  const other = mean(answer.f1.slice(PARAPHRASES.length));
  require(same >
    other, `Paraphrases score ${same.toFixed(3)} on average, unrelated pairs ${other.toFixed(3)}.`);
  return `F1 of paraphrases ${same.toFixed(2)}, of unrelated pairs ${other.toFixed(2)}; layer ${answer.num_layers} of ${answer.model}`;
}

function show([candidate, reference], f1) {
  row("•", `${f1.toFixed(3)}  ${column(candidate, 60)}`);
  row(" ", dim(`       ${reference}`));
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
