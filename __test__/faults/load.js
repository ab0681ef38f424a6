/**
 * Work all the time: single texts, many texts at once, pairs to score and documents to rank, each from a loop of
 * its own. Every answer is compared with an unharmed host's, and every failure is kept.
 */
import { setTimeout as pause } from "node:timers/promises";
import { sentences } from "../support/texts.js";

const TOLERANCE = 1e-5;
/** Milliseconds that a loop leaves the processors to the hosts. */
const BETWEEN_CALLS = 30;
const texts = sentences(2000, 2);
const [candidates, references] = [texts.slice(0, 130), texts.slice(130, 260)];
const query = "winter garden";
const documents = texts.slice(400, 500);

/** How each kind of call is made, and the numbers of its answer in the order of its items. */
const KINDS = {
  text: { ask: (bridge, turn) => bridge.embed({ texts: [texts[turn]] }), numbers: ({ vectors }) => vectors },
  texts: { ask: (bridge) => bridge.embed({ texts }), numbers: ({ vectors }) => vectors },
  pairs: { ask: (bridge) => bridge.bertscore({ candidates, references }), numbers: scores },
  documents: { ask: (bridge) => bridge.rerank({ query, documents }), numbers: ranking },
};
/** The loops: two callers of single texts beside one of each other kind. */
const LOOPS = ["text", "text", "texts", "pairs", "documents"];

/** What an unharmed host answers: the numbers of a kind of call. */
export async function unharmed(bridge) {
  const answers = {};
  for (const kind of ["texts", "pairs", "documents"])
    answers[kind] = KINDS[kind].numbers(await KINDS[kind].ask(bridge));
  const width = answers.texts.length / texts.length;
  return (kind, turn) =>
    kind === "text" ? answers.texts.subarray(turn * width, (turn + 1) * width) : answers[kind];
}

export class Load {
  /** Calls that have ended: what kind, from when to when, and what went wrong. */
  calls = [];
  #going = true;
  #loops;

  constructor(bridge, expected) {
    this.#loops = LOOPS.map(async (kind) => {
      while (this.#going) {
        const turn = this.calls.length % texts.length;
        this.calls.push(await call(bridge, { kind, turn }, expected(kind, turn)));
        await pause(BETWEEN_CALLS);
      }
    });
  }

  get failed() {
    return this.calls.filter(({ failure }) => failure);
  }

  /** Whether calls of all kinds have begun and ended since. */
  hasMovedSince(begun) {
    return Object.keys(KINDS).every((kind) =>
      this.calls.some((each) => each.kind === kind && each.begun >= begun),
    );
  }

  /** Begins no further calls. Settles when those that run have ended. */
  async stop() {
    this.#going = false;
    await Promise.all(this.#loops);
  }
}

async function call(bridge, { kind, turn }, expected) {
  const { ask, numbers } = KINDS[kind];
  const begun = performance.now();
  const failure = await ask(bridge, turn).then(
    (answer) => difference(numbers(answer), expected),
    (error) => `${error.code}: ${error.message}`,
  );
  return { kind, begun, ended: performance.now(), failure };
}

function difference(actual, expected) {
  if (actual.length !== expected.length) return `${actual.length} numbers instead of ${expected.length}`;
  const at = actual.findIndex((number, index) => !(Math.abs(number - expected[index]) <= TOLERANCE));
  return at === -1 ? undefined : `number ${at} is ${actual[at]} instead of ${expected[at]}`;
}

function scores({ precision, recall, f1 }) {
  return [...precision, ...recall, ...f1];
}

/** The scores by document. An answer that isn't best first has none. */
function ranking({ results }) {
  const sorted = results.every(
    ({ relevance_score }, at) => !(relevance_score > results[at - 1]?.relevance_score),
  );
  return sorted
    ? results.toSorted((a, b) => a.index - b.index).map(({ relevance_score }) => relevance_score)
    : [];
}
