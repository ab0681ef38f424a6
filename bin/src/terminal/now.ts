/** The present, as RFC 3339 has it, to the second. */
export const now = (): string => new Date().toISOString().replace(/\.\d+Z$/, "Z");
