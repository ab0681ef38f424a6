/** Makes tests of faults: one for each, all on the same hosts, and a table of what they did. */
import test from "ava";
import { record } from "./table.js";

/** Bytes that a process may grow by over all faults; what the first brought into memory doesn't count. */
const GROWTH = 64 << 20;

/**
 * @param {string} section where the table stands in docs/FAULTS.md
 * @param {object[]} faults what `cases` holds
 * @param {(fault: object, number: number) => Promise<object>} happen makes one happen, and measures it
 */
export function suite(section, faults, happen) {
  const rows = [];
  for (const [number, fault] of faults.entries()) {
    test.serial(fault.title, async (t) => {
      const row = await happen(fault, number);
      rows.push({ title: fault.title, ...row });
      t.deepEqual(row.failed, []);
    });
  }
  test.serial(`${section}: no fault leaves memory behind`, (t) => {
    const grown = rows.at(-1).memory - rows[0].memory;
    t.true(grown < GROWTH, `the process has grown by ${grown} bytes`);
  });
  test.after("the table", () => record(section, rows));
}
