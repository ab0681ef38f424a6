/** Builds the addon, the plugin and the daemon: `npm run build`. */
import { NEEDS, setUp } from "./setup.mjs";

await setUp(NEEDS.build);
