/** Every host refuses calls without a key and with a wrong one, on a route that reads and on one that computes. */
import { randomBytes } from "node:crypto";
import { GpuBridgeError, type HostConfig } from "../../../../index.js";
import type { NamedHost } from "../../config/hosts.js";
import { findingsOf, type Finding } from "../finding.js";
import { bridgeOver, requestFor, type Trial } from "../trial.js";

const { pass, fail, warn, skip } = findingsOf("key");

export function auth(trial: Trial): Promise<Finding[]> {
  return Promise.all(trial.hosts.map((host) => authOf(trial, host)));
}

async function authOf(trial: Trial, host: NamedHost): Promise<Finding> {
  const { apiKey, ...bare } = host;
  const without = await replies(trial, bare);
  const wrong = await replies(trial, { ...bare, apiKey: randomBytes(16).toString("hex") });
  const own = apiKey === undefined ? undefined : await replies(trial, host);
  const evidence = [`without a key ${without}`, `with a wrong key ${wrong}`, own && `with its own ${own}`];
  return judge(host, evidence.filter(Boolean).join(", "), { without, wrong, own });
}

type Replies = { without: string; wrong: string; own: string | undefined };

const REFUSED = "401 and 401";
const SERVED = "200 and 200";

function judge({ name }: NamedHost, evidence: string, { without, wrong, own }: Replies): Finding {
  const found = `/info and /embed: ${evidence}`;
  if (own === undefined && without === SERVED)
    return warn(`${found}; anybody who reaches this host can use it, so give it a key`, name);
  if (own === SERVED && without === REFUSED && wrong === REFUSED) return pass(found, name);
  const silent = [without, wrong, own ?? without].every((reply) => !/\d/.test(reply));
  return silent ? skip(`${found}; the host does not answer`, name) : fail(found, name);
}

/** The status of both routes, or the code where there was none. */
async function replies(trial: Trial, host: HostConfig): Promise<string> {
  const bridge = bridgeOver(trial, [host]);
  const info = await statusOf(bridge.info(trial.calls));
  const embed = await statusOf(bridge.embed(requestFor(trial, ["Is this key good?"]), trial.calls));
  await bridge.close();
  return `${info} and ${embed}`;
}

async function statusOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "200";
  } catch (error) {
    if (!(error instanceof GpuBridgeError) || error.code === "aborted") throw error;
    if (error.status !== undefined) return String(error.status);
    const [attempt] = error.attempts;
    return attempt?.code === "unauthorized" ? "401" : (attempt?.code ?? error.code);
  }
}
