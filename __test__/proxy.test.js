/** Proxies are those of the process's environment, which nothing but a process of its own can show. */
import { once } from "node:events";
import { createServer } from "node:http";
import test from "ava";
import { VECTOR, scriptedHost } from "./support/scripted_host.js";
import { runScript } from "./support/script.js";

const seen = [];
const proxy = createServer(async (request, response) => {
  for await (const chunk of request) void chunk;
  seen.push({ url: request.url, credentials: request.headers["proxy-authorization"] });
  const answer = request.url.endsWith("/embed") ? VECTOR : { status: "ok", device: "cpu" };
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
});
await once(proxy.listen(0, "127.0.0.1"), "listening");
const HTTP_PROXY = `http://me:s3cret@127.0.0.1:${proxy.address().port}`;
const loopback = await scriptedHost(() => [200, VECTOR]);
test.after.always(() => {
  proxy.closeAllConnections();
  proxy.close();
  return loopback.close();
});

/** What a bridge of its own process makes of one text. */
async function embed(url, env) {
  const blank = { HTTP_PROXY: "", http_proxy: "", ALL_PROXY: "", all_proxy: "", NO_PROXY: "", no_proxy: "" };
  const script = `
    const bridge = new GpuBridge(config);
    const answer = await bridge.embed({ texts: ["a"] }).catch(({ message }) => ({ message }));
    console.log(answer.message ?? answer.dimensions);
    await bridge.close();`;
  const { output } = await runScript({ hosts: [{ url }] }, script, { env: { ...blank, ...env } });
  return output;
}

test.serial("a host is asked through the proxy of the environment, with its credentials", async (t) => {
  t.is(await embed("http://gpu-box.invalid:8765", { HTTP_PROXY }), "2");
  const asked = seen.find(({ url }) => url === "http://gpu-box.invalid:8765/embed");
  t.is(asked?.credentials, `Basic ${Buffer.from("me:s3cret").toString("base64")}`);
});

test.serial("an exception of the environment is asked without it", async (t) => {
  const before = seen.length;
  const message = await embed("http://gpu-box.invalid:8765", { HTTP_PROXY, NO_PROXY: "other,.invalid" });
  t.regex(message, /can't be reached/);
  t.false(message.includes("proxy"), message);
  t.is(seen.length, before);
});

test.serial("loopback is never asked through a proxy", async (t) => {
  const before = seen.length;
  t.is(await embed(loopback.url, { HTTP_PROXY }), "2");
  t.is(seen.length, before);
});

test.serial("a proxy that is dead is named, and its credentials aren't", async (t) => {
  const message = await embed("http://gpu-box.invalid", { HTTP_PROXY: "http://me:s3cret@127.0.0.1:1" });
  t.regex(message, /refused.*through the proxy http:\/\/127\.0\.0\.1:1\)/);
  t.false(message.includes("s3cret"), message);
});
