/**
 * One step of set-up or of the checks: runs it, prints one line with its outcome and its time.
 * A step is `{ name, run(report) }`; what `run` gives back is the detail that stands on its line. The first
 * failing step of a set-up ends it, so a `StepError` has to say how to mend what went wrong.
 */
import { CommandError } from "./process.mjs";
import { dim, duration, green, line, LiveLine, red, yellow } from "./terminal.mjs";

/** A failure whose message is a full sentence that says what to do next. */
export class StepError extends Error {
  constructor(message, cause) {
    super(message, { cause });
    this.name = "StepError";
  }
}

/** What a step returns when there was nothing to do. */
export const skipped = (detail) => ({ skipped: true, detail });

/** Runs one step. Gives its result; prints and rethrows its failure. */
export async function runStep({ name, run }) {
  const started = performance.now();
  const status = new LiveLine(name);
  try {
    const result = await run((text) => status.update(text));
    status.end();
    report(result?.skipped ? yellow("skipped") : green("ok     "), name, result?.detail ?? result, started);
    return result;
  } catch (error) {
    status.end();
    report(red("failed "), name, "", started);
    explain(error);
    throw error;
  }
}

function report(mark, name, detail, started) {
  const time = duration(performance.now() - started).padStart(11);
  line(`  ${mark} ${name.padEnd(12)} ${dim(time)}  ${typeof detail === "string" ? detail : ""}`.trimEnd());
}

/** The command's own output first, the sentence last, where the eye is. */
function explain(error) {
  const command = error instanceof CommandError ? error : error.cause;
  if (command instanceof CommandError && command.output.length > 0) line(`\n${command.excerpt()}\n`);
  line(red(error.message));
}
