/**
 * The browser that pages are opened in: a headless Chromium out of an npm package, because nothing but registries may be
 * in reach, and the library that drives it.
 */
import { inCache } from "../run/paths.mjs";
import { sideInstall } from "./side_install.mjs";

const CHROMIUM = "147.0.0";
const PUPPETEER = "24.43.1";

export const browserFolder = inCache(`chromium-${CHROMIUM}-puppeteer-${PUPPETEER}`);

export const browser = sideInstall({
  name: "browser",
  what: "The browser",
  folder: browserFolder,
  rounds: [[`puppeteer-core@${PUPPETEER}`, `@sparticuz/chromium@${CHROMIUM}`]],
});
