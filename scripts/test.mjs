/**
 * `npm test`: sets up what is missing, then runs every check and prints one line for each. `--lint` leaves out what
 * runs tests. All checks run even when one fails, so that one run tells everything.
 */
import { runCheck, summarize } from "./checks/check.mjs";
import { deny } from "./checks/deny.mjs";
import { ava, prettier, types } from "./checks/javascript.mjs";
import { clippy, docTests, format, tests } from "./checks/rust.mjs";
import { NEEDS, setUp } from "./setup.mjs";

const LINTS = [format, prettier, types, deny, clippy];
const TESTS = [tests, docTests, ava];

const lintOnly = process.argv.includes("--lint");
await setUp(lintOnly ? NEEDS.lint : NEEDS.test);
const results = [];
for (const check of lintOnly ? LINTS : [...LINTS, ...TESTS]) results.push(await runCheck(check));
process.exitCode = summarize(results) > 0 ? 1 : 0;
