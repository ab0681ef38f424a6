/** Where people see the fleet: the page in the real Control UI's frame, the gateway method, the chat and the shell. */
import test from "ava";
import { GpuBridge } from "../../index.js";
import { inRoot } from "../../scripts/run/paths.mjs";
import { openBrowser } from "../support/browser.js";
import { configOf, startPair, stopHosts } from "../support/gpu_service.js";
import { startGateway } from "../support/gateway.js";
import { sentences } from "../support/texts.js";
import { until } from "../support/until.js";

const PANEL = "/plugins/openclaw-gpu-bridge/panel";

const hosts = await startPair();
const gateway = await startGateway(configOf(hosts, { healthCheckIntervalSeconds: 1 }));
const browser = await openBrowser();
test.after.always(async () => {
  await browser.close();
  await gateway.remove();
  await stopHosts(hosts);
});

test.serial("the page is for those whom the gateway lets in", async (t) => {
  t.is((await fetch(`${gateway.url}${PANEL}`)).status, 401);
  const head = await gateway.fetch(PANEL, { method: "HEAD" });
  t.is(head.status, 200);
  t.regex(head.headers.get("content-security-policy"), /default-src 'none'.*frame-ancestors 'self'/);
});

test.serial("the gateway method gives every host", async (t) => {
  const view = await gateway.rpc("gpubridge.status");
  t.deepEqual(
    view.hosts.map(({ name, health }) => [name, health]),
    [
      ["gpu-1", "healthy"],
      ["gpu-2", "healthy"],
    ],
  );
});

/** Opens the Control UI's tab as an operator does, and gives the frame in it. */
async function openTab(viewport, scheme) {
  const page = await browser.newPage();
  await page.setViewport(viewport);
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.goto(`${gateway.url}/gpu-hosts#token=${gateway.home.token}`, { waitUntil: "domcontentloaded" });
  const frame = await page.waitForFrame((frame) => frame.url().endsWith(PANEL));
  await frame.waitForSelector("article");
  return { page, frame };
}

const texts = (frame, selector) =>
  frame.$$eval(selector, (found) => found.map(({ textContent }) => textContent));

/** The pictures of the README are made here, of real hosts at work, when somebody asks for it. */
async function picture(page, name) {
  if (process.env.UPDATE_PICTURES) await page.screenshot({ path: inRoot("docs", "pictures", `${name}.png`) });
}

test.serial("/gpu in a chat says how the hosts are", async (t) => {
  const chat = { sessionKey: "agent:main:main" };
  await gateway.rpc("chat.send", { ...chat, message: "/gpu", idempotencyKey: "gpu" });
  const said = async () => (await gateway.rpc("chat.history", chat)).messages.at(1)?.content[0].text;
  t.regex(await until(said), /^2 of 2 GPU hosts are healthy\.\ngpu-1: healthy, .*\ngpu-2: healthy, /);
});

test.serial("the shell has the commands of gpu-bridge, with the gateway's config", async (t) => {
  const { code, stdout } = await gateway.home.openclaw("gpu", "status", "--json");
  t.is(code, 0, stdout);
  t.regex(stdout, /"gpu-1"[^]*"gpu-2"/);
});

/** Runs in the page in one go, so that no news of the real hosts comes in between. */
function shownAfter(view) {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const look = () => [all(".name"), all("[role=status]")].map((found) => found.map((one) => one.textContent));
  const [first, second] = view.hosts;
  const job = { type: "embed", items: 2, model: "m", progress: 0.5 };
  show(view);
  const [before] = all("article");
  show({ ...view, at: "2026-01-01T00:00:00Z", hosts: [first, { ...second, requests: 1e6 }] });
  const kept = before === all("article")[0];
  show({ ...view, hosts: [second, { ...first, health: "unhealthy", jobs: [job] }] });
  const swapped = look();
  const label = all("progress")[0].ariaLabel;
  show({ ...view, hosts: [first] });
  return { kept, swapped, label, left: look() };
}

test.serial("a screen reader hears of changes alone, and what stays as it is isn't drawn anew", async (t) => {
  const { page, frame } = await openTab({ width: 1280, height: 620 }, "light");
  const view = await gateway.rpc("gpubridge.status");
  t.deepEqual(await frame.evaluate(shownAfter, view), {
    kept: true,
    swapped: [["gpu-2", "gpu-1"], ["1 of 2 healthy"]],
    label: "embed, 2 items, m",
    left: [["gpu-1"], ["1 of 1 healthy"]],
  });
  await page.close();
});

test.serial("the Control UI shows every host, its jobs, and whether it is still there", async (t) => {
  const desktop = await openTab({ width: 1280, height: 620 }, "light");
  const phone = await openTab({ width: 390, height: 844 }, "dark");
  t.deepEqual(await texts(desktop.frame, ".name"), ["gpu-1", "gpu-2"]);
  t.deepEqual(await texts(desktop.frame, ".health"), ["healthy", "healthy"]);

  const bridge = new GpuBridge(configOf(hosts));
  const work = bridge.embed({ texts: sentences(20_000) }).catch(() => {});
  await until(async () => (await texts(desktop.frame, ".share")).some((share) => share !== "0 %"));
  t.regex((await texts(desktop.frame, ".what"))[0], /^embed, [\d,]+ items, all-MiniLM-L6-v2$/);
  await picture(desktop.page, "fleet");
  await picture(phone.page, "fleet-phone");
  await bridge.close();
  await work;

  const wide = ({ page }) => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  t.false(await wide(phone), "the phone scrolls sideways");
  await hosts[1].stop();
  await until(async () => (await texts(desktop.frame, ".health"))[1].startsWith("unhealthy"));
  t.regex((await texts(desktop.frame, ".error"))[1], /connection|reached|refused/);
  await Promise.all([desktop.page.close(), phone.page.close()]);
});
