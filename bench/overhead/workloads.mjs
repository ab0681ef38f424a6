/** What the clients are compared on. */

export const WORKLOADS = [
  { name: "100 texts, 4 callers", count: 100, callers: 4, requests: 100 },
  { name: "one text, 64 callers", count: 1, callers: 64, requests: 10_000 },
  { name: "one text, 1 caller", count: 1, callers: 1, requests: 2_000 },
  { name: "10,000 texts in one call", count: 10_000, callers: 1, requests: 1 },
];

/** Texts without quotes, a dozen words each. */
export function textsOf(count) {
  return Array.from(
    { length: count },
    (_, index) => `Text ${index} of a call, of about as many words as a question has.`,
  );
}
