/** Prints the environment that cargo needs, for a shell: `eval "$(node scripts/env.mjs)"`. */
import { torchEnvironment } from "./run/env.mjs";

for (const [name, value] of Object.entries(torchEnvironment())) {
  console.log(`export ${name}='${value.replaceAll("'", "'\\''")}'`);
}
