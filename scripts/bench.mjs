/**
 * `npm run bench`: sets up what is missing, then runs the parts that are named after `--`, or all: `references`
 * (beside Python), `overhead` (beside other HTTP clients), `scatter` (over scripted hosts), `memory` (an index of
 * OpenClaw's beside a bulk call). See `bench/`.
 */
import { installReference } from "../bench/python.mjs";
import { skipped } from "./run/step.mjs";
import { line } from "./run/terminal.mjs";
import { bareClient } from "./setup/builds.mjs";
import { openclaw } from "./setup/openclaw.mjs";
import { NEEDS, setUp } from "./setup.mjs";

const reference = (kind) => ({
  name: kind,
  run: async (report) =>
    (await installReference(kind, report)) ? "Python reference" : skipped("Python reference"),
});

const PARTS = {
  references: [...NEEDS.start, reference("embeddings"), reference("bertscore")],
  overhead: [...NEEDS.addon, bareClient],
  scatter: NEEDS.addon,
  memory: [...NEEDS.build, openclaw],
};

const named = process.argv.slice(2);
const unknown = named.find((name) => !Object.hasOwn(PARTS, name));
if (unknown) {
  line(`There is no part "${unknown}"; name some of ${Object.keys(PARTS).join(", ")}.`);
  process.exit(1);
}
const parts = named.length > 0 ? named : Object.keys(PARTS);
await setUp([...new Set(parts.flatMap((part) => PARTS[part]))]);
for (const part of parts) {
  const { bench } = await import(`../bench/${part}.mjs`); // not before: it may load the addon
  await bench();
}
