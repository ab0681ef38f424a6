/** Every host refuses calls without a key and with a wrong one, on a route that reads and on one that computes. */
import { randomBytes } from "node:crypto";
import { GpuBridgeError, type HostConfig } from "../../../../index.js";
import { tellsItself, type NamedHost } from "../../config/hosts.js";
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
  const said = [`without a key ${shown(without)}`, `with a wrong key ${shown(wrong)}`];
  if (own) said.push(`with its own ${shown(own)}`);
  return judge(host, `${routesOf(host).join(" and ")}: ${said.join(", ")}`, { without, wrong, own });
}

/** What was answered on each route: a status, or the code where there was none. */
type Replies = string[];

const shown = (replies: Replies) => replies.join(" and ");
const all = (replies: Replies | undefined, wanted: string) =>
  replies?.every((reply) => reply === wanted) ?? false;

/** Other engines tell anybody which models they have. */
const routesOf = (host: HostConfig) => (tellsItself(host) ? ["/info", "/embed"] : ["/v1/embeddings"]);

function judge(
  { name }: NamedHost,
  evidence: string,
  { without, wrong, own }: { without: Replies; wrong: Replies; own: Replies | undefined },
): Finding {
  if (own === undefined && all(without, "200"))
    return warn(`${evidence}; anybody who reaches this host can use it, so give it a key`, name);
  if (all(own, "200") && all(without, "401") && all(wrong, "401")) return pass(evidence, name);
  const silent = [...without, ...wrong, ...(own ?? [])].every((reply) => !/^\d+$/.test(reply));
  return silent ? skip(`${evidence}; the host does not answer`, name) : fail(evidence, name);
}

async function replies(trial: Trial, host: HostConfig): Promise<Replies> {
  const bridge = bridgeOver(trial, [host]);
  const info = tellsItself(host) ? [await statusOf(bridge.info(trial.calls))] : [];
  const embed = await statusOf(bridge.embed(requestFor(trial, ["Is this key good?"]), trial.calls));
  await bridge.close();
  return [...info, embed];
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
