/**
 * Any number of texts through the bridge, a block at a time: memory stays bounded and every block has a deadline of its
 * own. All blocks are done by the model that answered first.
 */
import type { EmbedRequest, EmbedResponse } from "../../index.js";
import type { Work } from "./tool.js";
import type { Sink } from "./vector_sinks.js";

/** Enough for all hosts to share, few enough for one deadline even where texts are long and hosts have no GPU. */
export const TEXTS_A_CALL = 512;

/** Models are shown the indices of so many cut texts. */
const SHOWN_INDICES = 100;

/** Hands all vectors to the sink, and gives what there is to say about them. */
export async function embedInto(sink: Sink, work: Work, { texts, model, dimensions }: EmbedRequest) {
  const wanted = { ...(model && { model }), ...(dimensions && { dimensions }) };
  const first = await embedBlock(sink, work, { ...wanted, texts }, 0);
  const usage = { ...first.usage };
  const truncated = [...first.truncated];
  for (let from = TEXTS_A_CALL; from < texts.length; from += TEXTS_A_CALL) {
    const block = await embedBlock(sink, work, { ...wanted, model: first.model, texts }, from);
    usage.tokens += block.usage.tokens;
    truncated.push(...block.truncated.map((index) => index + from));
  }
  const cut = { truncated: truncated.slice(0, SHOWN_INDICES), truncated_count: truncated.length };
  return { model: first.model, dimensions: first.dimensions, count: texts.length, ...cut, usage };
}

async function embedBlock(sink: Sink, { bridge, options }: Work, request: EmbedRequest, from: number) {
  const texts = request.texts.slice(from, from + TEXTS_A_CALL);
  const onProgress = shifted(options.onProgress, from, request.texts.length);
  const answer: EmbedResponse = await bridge.embed(
    { ...request, texts },
    { ...options, ...(onProgress && { onProgress }) },
  );
  await sink.write(answer);
  return answer;
}

type OnProgress = Work["options"]["onProgress"];

/** A block's progress as that of the whole. */
function shifted(onProgress: OnProgress, from: number, total: number): OnProgress {
  return onProgress && (({ done, host }) => onProgress({ done: from + done, total, host }));
}
