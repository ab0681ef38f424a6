/** Every host answers the same text with the same vector: the same model, the same weights, the same numbers. */
import type { EmbedResponse } from "../../../../index.js";
import { findingsOf, type Finding } from "../finding.js";
import { bridgeOver, reasonOf, requestFor, type Trial } from "../trial.js";

const { pass, fail, skip } = findingsOf("agreement");

const TEXT = "The same text has the same vector on every host.";

/** Half precision differs from full by less. */
const LARGEST_DIFFERENCE = 0.01;

interface Answer {
  name: string;
  response: EmbedResponse;
}

export async function agreement(trial: Trial): Promise<Finding[]> {
  if (trial.usable.length < 2) return [skip("it takes two hosts that serve")];
  const asked = await Promise.all(trial.usable.map((host) => ask(trial, host)));
  const failed = asked.filter((answer): answer is Finding => "evidence" in answer);
  const [first, ...others] = asked.filter((answer): answer is Answer => !("evidence" in answer));
  return [...failed, ...(first ? others.map((other) => compare(first, other)) : [])];
}

async function ask(trial: Trial, host: Trial["usable"][number]): Promise<Answer | Finding> {
  const bridge = bridgeOver(trial, [host]);
  try {
    const response = await bridge.embed(requestFor(trial, [TEXT]), trial.calls);
    return { name: host.name, response };
  } catch (error) {
    trial.context.signal.throwIfAborted();
    return fail(reasonOf(error), host.name);
  } finally {
    await bridge.close();
  }
}

function compare(first: Answer, { name, response }: Answer): Finding {
  const { model, dimensions, fingerprint: wanted } = first.response;
  const { fingerprint } = response;
  if (response.model !== model || response.dimensions !== dimensions)
    return fail(
      `${first.name} answers with ${model} (${dimensions} dimensions), ${name} with ${response.model} (${response.dimensions})`,
      name,
    );
  const difference = largestDifference(first.response.vectors, response.vectors);
  const evidence = `${model}, ${dimensions} dimensions; off ${first.name} by at most ${difference === 0 ? "0" : difference.toExponential(1)}; weights`;
  if (wanted !== fingerprint && wanted !== undefined && fingerprint !== undefined)
    return fail(`${evidence} differ: ${short(wanted)} and ${short(fingerprint)}`, name);
  const weights = fingerprint === undefined ? "unknown" : short(fingerprint);
  return difference <= LARGEST_DIFFERENCE
    ? pass(`${evidence} ${weights}`, name)
    : fail(`${evidence} ${weights}`, name);
}

const short = (fingerprint: string) => fingerprint.slice(0, 12);

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, number, index) => Math.max(most, Math.abs(number - (b[index] ?? 0))), 0);
}
