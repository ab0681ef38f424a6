/**
 * One check of `npm test`: runs its commands with their output shown, and counts. A check that counts no tests of
 * its own counts as one, so that the closing line speaks of everything that was looked at.
 */
import { inRoot } from "../run/paths.mjs";
import { CommandError, run } from "../run/process.mjs";
import { bold, dim, duration, green, line, red, yellow } from "../run/terminal.mjs";

const TERMINAL = process.stdout.isTTY ? { CARGO_TERM_COLOR: "always", FORCE_COLOR: "1" } : {};

/** Patterns of the runners' closing lines: nextest, cargo test, ava. */
const PASSED = [/tests? run: (\d+) passed/, /test result: \w+\. (\d+) passed/, /^\s*(\d+) tests? passed$/];
const FAILED = [/tests? run: .*?(\d+) failed/, /test result: .*?(\d+) failed/, /^\s*(\d+) tests? failed$/];
const COLOURS = /\u001b\[[0-9;]*m/g;

/**
 * Runs `{ name, commands }` and gives `{ name, passed, failed, note, ms }`; never throws. `commands` gives a list of
 * `[command, args, env]`, or `{ commands, note }` where there is something to say on the check's line. A check without
 * commands was left out, and its note says why.
 */
export async function runCheck({ name, commands }) {
  const started = performance.now();
  line(`\n${bold(`── ${name} `)}${dim("─".repeat(Math.max(60 - name.length, 0)))}`);
  const counts = { passed: 0, failed: 0, broken: false, skipped: false };
  const note = await runAll(commands, counts);
  return { name, ...settle(counts), note, ms: performance.now() - started };
}

async function runAll(commands, counts) {
  try {
    const wanted = await commands();
    const list = wanted.commands ?? wanted;
    counts.skipped = list.length === 0;
    for (const command of list) await runCommand(command, counts);
    return wanted.note ?? "";
  } catch (error) {
    line(red(error.message));
    counts.broken = true;
    return "";
  }
}

/** One line for each check, failures by name, and the closing line. Gives the number of failures. */
export function summarize(results) {
  line(`\n${bold("Summary")}`);
  for (const result of results) line(`  ${rowOf(result)}`.trimEnd());
  const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
  line(`\n${total("passed")} passed, ${total("failed")} failed`);
  return total("failed");
}

function rowOf({ name, passed, failed, skipped, note, ms }) {
  const mark = failed > 0 ? red("failed") : skipped ? yellow("skip  ") : green("ok    ");
  const counted = passed + failed > 1 ? `${passed} passed${failed ? `, ${failed} failed` : ""}` : "";
  return `${mark} ${name.padEnd(12)} ${dim(duration(ms).padStart(11))}  ${counted || note}`;
}

async function runCommand([command, args, env = {}], counts) {
  const show = (text) => {
    line(text);
    count(text.replace(COLOURS, ""), counts);
  };
  try {
    await run(command, args, { cwd: inRoot(), env: { ...TERMINAL, ...env }, onLine: show });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    line(red(error.message));
    counts.broken = true;
  }
}

function count(text, counts) {
  counts.passed += first(PASSED, text);
  counts.failed += first(FAILED, text);
}

function first(patterns, text) {
  for (const pattern of patterns) {
    const match = text.match(pattern);
    if (match) return Number(match[1]);
  }
  return 0;
}

/** A command that failed counts at least one failure; checks without tests count as one, those left out as none. */
function settle({ passed, failed, broken, skipped }) {
  if (skipped) return { passed: 0, failed: 0, skipped };
  if (broken) return { passed, failed: Math.max(failed, 1) };
  return { passed: passed + failed > 0 ? passed : 1, failed };
}
