/**
 * Cosine similarity of vectors to vectors, exact, in double precision. Pure but for the pauses: every few milliseconds
 * of work the event loop gets its turn, for a gateway has other callers.
 */
import { setImmediate } from "node:timers/promises";

/** Vectors of one length, row after row. */
export interface Matrix {
  vectors: Float32Array;
  dimensions: number;
}

export interface Match {
  index: number;
  score: number;
}

export interface Search {
  /** Matches a query, at most. */
  most: number;
  /** Leave out the row with the query's own number. */
  skipSelf: boolean;
  signal?: AbortSignal | undefined;
}

/** Multiplications between two pauses. */
const SLICE = 4e6;

/** The nearest rows of `keys` for each row of `queries`, best first; equal scores in the order of the rows. */
export async function nearest(queries: Matrix, keys: Matrix, search: Search): Promise<Match[][]> {
  const lengths = { queries: normsOf(queries), keys: normsOf(keys) };
  const rows = lengths.queries.length;
  const rowsBetweenPauses = Math.max(1, Math.floor(SLICE / (keys.vectors.length || 1)));
  const matches: Match[][] = [];
  for (let row = 0; row < rows; row += 1) {
    if (row % rowsBetweenPauses === 0) await pause(search.signal);
    const scoreOf = (key: number) =>
      cosine(queries, row, keys, key, (lengths.queries[row] ?? 0) * (lengths.keys[key] ?? 0));
    matches.push(best(scoreOf, lengths.keys.length, search.skipSelf ? row : -1, search.most));
  }
  return matches;
}

async function pause(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate();
  signal?.throwIfAborted();
}

function best(scoreOf: (key: number) => number, count: number, skipped: number, most: number): Match[] {
  const found: Match[] = [];
  for (let index = 0; index < count; index += 1) {
    if (index === skipped) continue;
    const score = scoreOf(index);
    if (found.length === most && score <= (found.at(-1)?.score ?? 0)) continue;
    let place = found.length;
    while (place > 0 && score > (found[place - 1]?.score ?? 0)) place -= 1;
    found.splice(place, 0, { index, score });
    if (found.length > most) found.pop();
  }
  return found;
}

function normsOf({ vectors, dimensions }: Matrix): Float64Array {
  const norm = (_: unknown, row: number) => Math.sqrt(dot(vectors, row, vectors, row, dimensions));
  return Float64Array.from({ length: vectors.length / dimensions }, norm);
}

/** A vector of zeros has no direction; its similarity to anything counts as 0. */
function cosine(a: Matrix, rowA: number, b: Matrix, rowB: number, norms: number): number {
  if (norms === 0) return 0;
  const score = dot(a.vectors, rowA, b.vectors, rowB, a.dimensions) / norms;
  return Math.min(1, Math.max(-1, score));
}

function dot(a: Float32Array, rowA: number, b: Float32Array, rowB: number, dimensions: number): number {
  const startA = rowA * dimensions;
  const startB = rowB * dimensions;
  let sum = 0;
  for (let at = 0; at < dimensions; at += 1) sum += (a[startA + at] ?? 0) * (b[startB + at] ?? 0);
  return sum;
}
