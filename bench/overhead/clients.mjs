/**
 * The contestants: each is opened for a host and gives a function that turns texts into vectors. What isn't ours asks
 * for JSON and reads it with `JSON.parse`, as clients of such services do.
 */
import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";

const HEADERS = { "content-type": "application/json", accept: "application/json" };
const bodyOf = (texts) => JSON.stringify({ texts });

export const CLIENTS = {
  async bridge(url) {
    const { GpuBridge } = await import("../../index.js");
    const bridge = new GpuBridge({ hosts: [{ url }] });
    return async (texts) => (await bridge.embed({ texts })).vectors.length;
  },

  async undici(url) {
    const { Pool } = await import("undici");
    const { origin, pathname } = new URL(`${url}/embed`);
    const pool = new Pool(origin, { connections: 64 });
    return async (texts) => {
      const { body } = await pool.request({
        path: pathname,
        method: "POST",
        headers: HEADERS,
        body: bodyOf(texts),
      });
      return numbers(JSON.parse(await body.text()));
    };
  },

  async http(url) {
    const agent = new Agent({ keepAlive: true });
    return async (texts) => {
      const reply = new Promise((resolve, reject) => {
        const sent = request(`${url}/embed`, { method: "POST", agent, headers: HEADERS });
        sent.once("response", resolve).once("error", reject).end(bodyOf(texts));
      });
      return numbers(JSON.parse(await text(await reply)));
    };
  },

  async fetch(url) {
    return async (texts) => {
      const reply = await fetch(`${url}/embed`, { method: "POST", headers: HEADERS, body: bodyOf(texts) });
      return numbers(JSON.parse(await reply.text()));
    };
  },
};

const numbers = ({ embeddings, dimensions }) => embeddings.length * dimensions;
