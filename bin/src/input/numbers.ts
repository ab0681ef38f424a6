/** Reads the numbers of flags. */
import { UsageError } from "../failure.js";

/** A whole number of at least `least`; `undefined` where the flag is missing. */
export function wholeNumber(flag: string, text: string | undefined, least = 1): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(value) && value >= least) return value;
  throw new UsageError(`${flag} is "${text}"; it has to be a whole number of at least ${least}.`);
}

/** A number above 0; `undefined` where the flag is missing. */
export function positive(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new UsageError(`${flag} is "${text}"; it has to be a number above 0.`);
}
