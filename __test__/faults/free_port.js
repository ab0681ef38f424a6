/**
 * A port for a host that will be dead for a while. It lies below those that the system gives to outgoing connections:
 * one of them could take it meanwhile, or connect to itself.
 */
import { once } from "node:events";
import { createServer } from "node:net";

const [FIRST, LAST] = [20_000, 30_000];

export async function freePort() {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (await isFree(port)) return port;
  }
}

async function isFree(port) {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  await new Promise((closed) => server.close(closed));
  return true;
}
