/** Aligned columns. A column whose cells are numbers is flush right. */

const NUMBER = /^[\d.,]+( \w+)?$|^-$/;

export function table(header: string[], rows: string[][]): string {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => most(lines.map((line) => width(line[column] ?? ""))));
  const right = header.map((_, column) => rows.every((row) => NUMBER.test(row[column] ?? "")));
  const cell = (text: string, column: number) => {
    const space = " ".repeat((widths[column] ?? 0) - width(text));
    return right[column] ? space + text : text + space;
  };
  return lines.map((line) => line.map(cell).join("  ").trimEnd() + "\n").join("");
}

/** The first so many characters of a text in one line, with an ellipsis where more was there. */
export function shorten(text: string, most: number): string {
  const letters = Array.from(text.replace(/\s+/g, " "));
  return letters.length <= most ? letters.join("") : letters.slice(0, Math.max(most - 1, 0)).join("") + "…";
}

/** Characters of the longest line of a text. */
export const width = (text: string): number => most(text.split("\n").map((line) => Array.from(line).length));

/** `Math.max` takes no more arguments than the stack has room for. */
const most = (numbers: number[]) => numbers.reduce((most, number) => Math.max(most, number), 0);
