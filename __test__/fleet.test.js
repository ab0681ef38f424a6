/** The fleet's view, its page and its summary, without a plugin host. */
import { once } from "node:events";
import { createServer } from "node:http";
import test from "ava";
import { Panel } from "../dist/fleet/panel.js";
import { Sampler } from "../dist/fleet/sampler.js";
import { summary } from "../dist/fleet/summary.js";
import { fleetView } from "../dist/fleet/view.js";

const page = new URL("../assets/fleet", import.meta.url).pathname;
const host = (name, more = {}) => ({
  ...{ name, url: `http://${name}:8765`, health: "healthy", breaker: "closed" },
  ...{ weight: 1, inFlight: 0, requests: 0, failures: 0, ...more },
});

test("a view joins what the pool knows with what the hosts say", (t) => {
  const error = { code: "unreachable", message: "b can't be reached" };
  const info = { device: "cuda:0", device_name: "H100", vram_used_mb: 1, vram_total_mb: 2 };
  const jobs = [{ id: "1", type: "embed", started_at: "", items: 3, model: "m", progress: 0.5 }];
  const said = {
    info: { hosts: [{ name: "a", ...info, loaded_models: ["embed:m"], version: "0.3.0" }] },
    status: {
      hosts: [
        { name: "a", active_jobs: jobs },
        { name: "b", error },
      ],
    },
  };
  const view = fleetView([host("a"), host("b"), host("c")], said, () => [1, 2], new Date(0));
  t.is(view.at, "1970-01-01T00:00:00.000Z");
  t.deepEqual(view.hosts[0].info, { ...info, loaded_models: ["embed:m"] });
  t.deepEqual(view.hosts[0].jobs, jobs);
  t.is(view.hosts[1].silent, error.message);
  t.deepEqual([view.hosts[2].jobs, view.hosts[2].info, view.hosts[2].silent], [[], undefined, undefined]);
});

test("samples reach back ten minutes, and hosts that are gone are forgotten", (t) => {
  const sampler = new Sampler();
  for (let look = 0; look < 200; look += 1)
    sampler.take([host("a", { tokensPerSecond: look + 0.4 }), host("b")]);
  t.deepEqual([sampler.of("a").length, sampler.of("a").at(0), sampler.of("a").at(-1)], [120, 80, 199]);
  sampler.take([host("a")]);
  t.deepEqual([sampler.of("a").at(-1), sampler.of("b")], [0, []]);
});

test("a summary says what each host is and does", (t) => {
  const info = { device_name: "H100", vram_used_mb: 2048, vram_total_mb: 81920 };
  const hosts = [
    host("a", { info, jobs: [{}, {}], tokensPerSecond: 12345.6 }),
    host("b", { health: "unhealthy", jobs: [], lastError: "b can't be reached" }),
  ];
  t.is(
    summary({ hosts }),
    "1 of 2 GPU hosts are healthy.\n" +
      "a: healthy, H100, 2.0 of 80.0 GiB, 2 running, 12346 tokens/s\n" +
      "b: unhealthy, 0 running, b can't be reached",
  );
});

/** Serves a panel, and gives its answer as a stream of text. */
async function open(t, fleet) {
  const panel = new Panel(fleet, page);
  const server = createServer(panel.handle).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const response = await fetch(`http://127.0.0.1:${server.address().port}`);
  return { panel, response, reader: response.body.pipeThrough(new TextDecoderStream()).getReader() };
}

async function readUntil(reader, pattern) {
  let text = "";
  while (!pattern.test(text)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the page ended without ${pattern}:\n${text}`);
    text += value;
  }
  return text;
}

test("a page gets news that can't break out of its script, and an end when the plugin stops", async (t) => {
  const view = { at: "", hosts: [host("a", { lastError: "</script><script>alert(1)</script>" })] };
  const { panel, response, reader } = await open(t, { view: async () => view });
  const text = await readUntil(reader, /show\(.*<\/script>/);
  t.notRegex(text, /alert\(1\)<\/script>/);
  const [, nonce] = /script-src 'nonce-([^']+)'/.exec(response.headers.get("content-security-policy"));
  const scripts = text.match(/<script[^>]*>/g);
  t.deepEqual(
    scripts.filter((tag) => !tag.includes(nonce)),
    [],
  );
  panel.stop();
  t.regex(await readUntil(reader, /again\(\)<\/script>/), /again/);
  t.true((await reader.read()).done);
});

test("a page says why there is nothing to see", async (t) => {
  const { reader, panel } = await open(t, { view: () => Promise.reject(new Error("not configured")) });
  t.regex(await readUntil(reader, /show\(.*<\/script>/), /show\(\{"error":"not configured"\}\)/);
  panel.stop();
  await reader.cancel();
});
