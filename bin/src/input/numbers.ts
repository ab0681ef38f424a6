/** Reads the numbers of flags. */
import { UsageError } from "../failure.js";

/** A whole number of at least `least`; `undefined` where the flag is missing. */
export function wholeNumber(flag: string, text: string | undefined, least = 1): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(value) && value >= least) return value;
  throw new UsageError(`${flag} is "${text}"; it has to be a whole number of at least ${least}.`);
}

/** No timer of Node's waits for longer than some weeks, and no user for longer than this. */
const DAY = 86_400;

/** Seconds, at most those of a day; `undefined` where the flag is missing. */
export function seconds(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (value > 0 && value <= DAY) return value;
  throw new UsageError(`${flag} is "${text}"; it has to be seconds: a number above 0, at most ${DAY}.`);
}
