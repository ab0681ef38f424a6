/**
 * The plugin host that `npm run test:openclaw` tries the packed plugin in: OpenClaw and a Node it runs on, both exact,
 * from npm into the cache. They are no dependencies of the package: 800 MB that only this check needs.
 */
import { inCache } from "../run/paths.mjs";
import { sideInstall } from "./side_install.mjs";

export const OPENCLAW = "2026.9.6";
export const NODE = "24.21.0";

/** Where the host lies, whether or not it does yet. The versions are in the name, so a new one is a new folder. */
export const openclawFolder = inCache(`openclaw-${OPENCLAW}-node-${NODE}`);

/** Node first: OpenClaw's own install scripts want the one it will run on. */
export const openclaw = sideInstall({
  name: "openclaw",
  what: "OpenClaw",
  folder: openclawFolder,
  rounds: [[`node@${NODE}`], [`node@${NODE}`, `openclaw@${OPENCLAW}`]],
});
