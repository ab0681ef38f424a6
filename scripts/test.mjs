/**
 * `npm test`: sets up what is missing, then runs every check and prints one line for each. `--lint` leaves out what
 * runs tests, `--openclaw` everything but the plugin in its host. All checks run even when one fails, so that one run
 * tells everything.
 */
import { runCheck, summarize } from "./checks/check.mjs";
import { deny } from "./checks/deny.mjs";
import { ava, prettier, types } from "./checks/javascript.mjs";
import { openclaw } from "./checks/openclaw.mjs";
import { clippy, docTests, format, tests } from "./checks/rust.mjs";
import { NEEDS, setUp } from "./setup.mjs";

const LINTS = [format, prettier, types, deny, clippy];
const TESTS = [tests, docTests, ava, openclaw("debug")];

const RUNS = {
  "--lint": { needs: NEEDS.lint, checks: LINTS },
  "--openclaw": { needs: NEEDS.build, checks: [openclaw("release")] },
};

const { needs, checks } = RUNS[process.argv[2]] ?? { needs: NEEDS.test, checks: [...LINTS, ...TESTS] };
await setUp(needs);
const results = [];
for (const check of checks) results.push(await runCheck(check));
process.exitCode = summarize(results) > 0 ? 1 : 0;
