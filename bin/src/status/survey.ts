/** Asks every host how it is. A host that can't be asked is a row of its own, never the end of the survey. */
import {
  GpuBridgeError,
  type CallOptions,
  type GpuBridge,
  type HostAnswer,
  type HostHealth,
  type HostInfo,
  type HostSnapshot,
  type QueueStatus,
} from "../../../index.js";

/** What is known of one host. */
export interface HostReport {
  name: string;
  url: string;
  /** Whether it takes work. */
  serves: boolean;
  /** `ok`, `starting`, `draining`, `error`, or the code of what keeps it from answering. */
  health: string;
  /** Why it doesn't serve, or what went wrong last. */
  detail?: string;
  /** What the bridge knows of it. */
  snapshot: HostSnapshot;
  info?: HostInfo;
  queue?: QueueStatus;
  jobs: number;
}

type Activity = { queue: QueueStatus; active_jobs: unknown[] };

/** Every host, in the order of the config. */
export async function survey(bridge: GpuBridge, options: CallOptions): Promise<HostReport[]> {
  const ask = <T>(answer: Promise<{ hosts: HostAnswer<T>[] }>) =>
    answer.then(({ hosts }) => hosts, fromFailure<T>);
  const [health, info, activity] = await Promise.all([
    ask<HostHealth>(bridge.health(options)),
    ask<HostInfo>(bridge.info(options)),
    ask<Activity>(bridge.status(options)),
  ]);
  return bridge.hosts().map((snapshot) => {
    const of = <T>(answers: HostAnswer<T>[]) => answers.find(({ name }) => name === snapshot.name);
    return report(snapshot, of(health), of(info), of(activity));
  });
}

function report(
  snapshot: HostSnapshot,
  health: HostAnswer<HostHealth> | undefined,
  info: HostAnswer<HostInfo> | undefined,
  activity: HostAnswer<Activity> | undefined,
): HostReport {
  const failure = health?.error ?? info?.error ?? activity?.error;
  const state = failure?.code ?? health?.status ?? "unknown";
  const detail = failure?.message ?? health?.detail ?? snapshot.lastError;
  return {
    name: snapshot.name,
    url: snapshot.url,
    serves: state === "ok",
    health: state,
    ...(detail === undefined ? {} : { detail }),
    snapshot,
    ...(info && !info.error ? { info } : {}),
    ...(activity && !activity.error ? { queue: activity.queue } : {}),
    jobs: activity?.active_jobs?.length ?? 0,
  };
}

/** Where no host answers, the attempts say why. A config that can't be used, or an abort, ends the survey. */
function fromFailure<T>(error: unknown): HostAnswer<T>[] {
  if (!(error instanceof GpuBridgeError) || error.attempts.length === 0) throw error;
  return error.attempts.map(
    ({ host, code, message }) => ({ name: host, url: "", error: { code, message } }) as HostAnswer<T>,
  );
}
