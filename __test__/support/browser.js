/** A headless Chromium, as `scripts/setup/browser.mjs` keeps it in the cache. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { browserFolder } from "../../scripts/setup/browser.mjs";

const require = createRequire(join(browserFolder, "package.json"));
const load = async (name) => (await import(require.resolve(name))).default;

/** Starts it; the caller closes it. */
export async function openBrowser() {
  const chromium = await load("@sparticuz/chromium");
  const puppeteer = await load("puppeteer-core");
  const args = puppeteer.defaultArgs({ args: chromium.args, headless: "shell" });
  const browser = await puppeteer.launch({
    args,
    executablePath: await chromium.executablePath(),
    headless: "shell",
  });
  process.once("exit", () => browser.process()?.kill("SIGKILL"));
  return browser;
}
