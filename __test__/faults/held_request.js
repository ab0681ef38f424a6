/** A request that a host has taken and that ends when its sender wants it to: so long, a host that drains stays. */
import { once } from "node:events";
import { request } from "node:http";

/** Sends all but the body, and waits until the host asks for it. */
export async function holdRequest({ url, key }) {
  const body = JSON.stringify({ texts: ["held"] });
  const headers = {
    authorization: `Bearer ${key}`,
    "content-type": "application/json",
    "content-length": body.length,
    expect: "100-continue",
  };
  const sent = request(`${url}/embed`, { method: "POST", headers, agent: false });
  sent.flushHeaders();
  await once(sent, "continue");
  return {
    /** Sends the body. The answer is the status. */
    async finish() {
      sent.end(body);
      const [response] = await once(sent, "response");
      response.resume();
      return response.statusCode;
    },
  };
}
