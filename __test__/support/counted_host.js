/** A host that is always well and counts who asks it: each path before `/health` is a caller of its own. */
import { once } from "node:events";
import { createServer } from "node:http";

export class CountedHost {
  #server;
  /** Health checks so far, by the path before them, in the order in which they came. */
  checks = [];

  static async start() {
    const host = new CountedHost();
    host.#server = createServer(({ url }, response) => host.#answer(url, response)).listen(0, "127.0.0.1");
    await once(host.#server, "listening");
    return host;
  }

  /** Where callers of this name find it. */
  url(name) {
    return `http://127.0.0.1:${this.#server.address().port}/${name}`;
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #answer(url, response) {
    const [, name, route] = url.split("/");
    if (route === "health") this.checks.push(name);
    response.writeHead(route === "health" ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify({ status: "ok", device: "cpu" }));
  }
}
