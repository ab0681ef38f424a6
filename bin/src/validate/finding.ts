/** What a check found, with the numbers it rests on. */

export type Outcome = "pass" | "fail" | "warn" | "skip";

export interface Finding {
  check: string;
  /** Where it is about one host. */
  host?: string;
  outcome: Outcome;
  /** Numbers, hosts and codes, in a sentence. */
  evidence: string;
}

/** Makes findings of one check. */
export const findingsOf = (check: string) => {
  const finding =
    (outcome: Outcome) =>
    (evidence: string, host?: string): Finding => ({
      check,
      outcome,
      evidence,
      ...(host === undefined ? {} : { host }),
    });
  return { pass: finding("pass"), fail: finding("fail"), warn: finding("warn"), skip: finding("skip") };
};
