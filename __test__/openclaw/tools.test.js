/** The tools as the gateway serves them: over HTTP, where parameters arrive unchecked, and as a gateway method. */
import test from "ava";
import { configOf, startPair, stopHosts } from "../support/gpu_service.js";
import { startGateway } from "../support/gateway.js";

const hosts = await startPair();
const gateway = await startGateway(configOf(hosts));
test.after.always(async () => {
  await gateway.remove();
  await stopHosts(hosts);
});

test("gpu_health answers over HTTP", async (t) => {
  const { status, body } = await gateway.invoke("gpu_health");
  t.is(status, 200);
  t.is(body.result.details.hosts.length, 2);
});

test("gpu_health answers as a gateway method", async (t) => {
  const { ok, output } = await gateway.rpc("tools.invoke", { name: "gpu_health", args: {} });
  t.true(ok);
  t.is(output.details.hosts.length, 2);
});
