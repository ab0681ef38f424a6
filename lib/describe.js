/** A value in the words of an error message. */
export function describe(value) {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return `the string ${JSON.stringify(value.slice(0, 40))}`;
  if (typeof value === "object" || typeof value === "function") return `a value of type ${typeof value}`;
  return `the ${typeof value} ${String(value)}`;
}
