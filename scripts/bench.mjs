/** `npm run bench`: sets up what is missing, the Python references too, then compares (see `bench/`). */
import { installReference } from "../bench/python.mjs";
import { skipped } from "./run/step.mjs";
import { NEEDS, setUp } from "./setup.mjs";

const reference = (kind) => ({
  name: kind,
  run: async (report) =>
    (await installReference(kind, report)) ? "Python reference" : skipped("Python reference"),
});

await setUp([...NEEDS.start, reference("embeddings"), reference("bertscore")]);
const { bench } = await import("../bench/main.mjs"); // not before: it loads the addon
await bench();
