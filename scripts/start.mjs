/** `npm start`: sets up what is missing, then shows the product at work. `--keep` leaves the two hosts running. */
import { demonstrate } from "../demo/main.mjs";
import { NEEDS, setUp } from "./setup.mjs";

await setUp(NEEDS.start);
process.exitCode = await demonstrate({ keep: process.argv.includes("--keep") });
