/**
 * Checks that arguments have the types that `index.d.ts` says, for callers without a type checker. Values (an empty
 * list, a text that is too long, a model that nobody has) are judged by the core and the hosts, not here.
 */
import { describe } from "./describe.js";
import { GpuBridgeError } from "./error.js";

/** The request of `embed()`, as the addon takes it: its texts, and the rest if there is any, which costs it time to read. */
export function embedInput(request) {
  record(request, "The request is", '{ texts: ["…"] }');
  const lists = [texts(request.texts, "texts")];
  const settings = given({
    model: optional(request.model, "model", "string"),
    dimensions: count(request.dimensions, "dimensions"),
    truncateDim: count(request.truncate_dim, "truncate_dim"),
    normalize: optional(request.normalize, "normalize", "boolean"),
    promptName: optional(request.prompt_name, "prompt_name", "string"),
  });
  return { lists, settings };
}

/** The request of `bertscore()`, likewise: the reference lists of the candidates one after the other. */
export function bertscoreInput(request) {
  record(request, "The request is", '{ candidates: ["…"], references: ["…"] }');
  const candidates = texts(request.candidates, "candidates");
  const { references, referenceCounts } = flat(request.references);
  const settings = given({
    referenceCounts,
    lang: optional(request.lang, "lang", "string"),
    modelType: optional(request.model_type, "model_type", "string"),
    numLayers: count(request.num_layers, "num_layers"),
    idf: optional(request.idf, "idf", "boolean"),
    rescaleWithBaseline: optional(request.rescale_with_baseline, "rescale_with_baseline", "boolean"),
  });
  return { lists: [candidates, references], settings };
}

/** The request of `rerank()`, likewise. Documents may be wrapped, as Cohere's clients send them. */
export function rerankInput(request) {
  record(request, "The request is", '{ query: "…", documents: ["…"] }');
  const settings = {
    query: required(request.query, "query", "string"),
    model: optional(request.model, "model", "string"),
    topN: count(request.top_n, "top_n"),
    returnDocuments: optional(request.return_documents, "return_documents", "boolean"),
    rawScores: optional(request.raw_scores, "raw_scores", "boolean"),
  };
  return { lists: [documents(request.documents)], settings };
}

/** The options every call takes, if there are any. */
export function callOptions(options) {
  if (options === undefined || options === null) return undefined;
  record(options, "The options are", "{ signal, timeout }");
  const { signal, timeout, onProgress, traceparent, tracestate } = options;
  if (signal != null && !(signal instanceof AbortSignal)) throw wrong("signal", signal, "an AbortSignal");
  if (timeout != null && !(typeof timeout === "number" && timeout > 0 && Number.isFinite(timeout)))
    throw wrong("timeout", timeout, "a number of seconds above 0");
  if (onProgress != null && typeof onProgress !== "function")
    throw wrong("onProgress", onProgress, "a function");
  return {
    signal: signal ?? undefined,
    timeout: timeout ?? undefined,
    onProgress: onProgress ?? undefined,
    progress: onProgress != null,
    trace: trace(
      optional(traceparent, "traceparent", "string"),
      optional(tracestate, "tracestate", "string"),
    ),
  };
}

function trace(traceparent, tracestate) {
  return traceparent === undefined ? undefined : { traceparent, tracestate };
}

function given(settings) {
  return Object.values(settings).every((value) => value === undefined) ? undefined : settings;
}

/** In one go and without a word before there is something to complain of, for a call may have very many lists. */
function flat(value) {
  if (!Array.isArray(value) || !Array.isArray(value[0])) return { references: texts(value, "references") };
  const references = [];
  const referenceCounts = Array.from(value, (list, index) => {
    if (!Array.isArray(list)) throw wrong(`references[${index}]`, list, "a list of texts");
    const before = references.length;
    for (const text of list) {
      if (typeof text !== "string")
        throw wrong(`references[${index}][${references.length - before}]`, text, "a string");
      references.push(text);
    }
    return references.length - before;
  });
  return { references, referenceCounts };
}

function documents(value) {
  if (!Array.isArray(value)) throw wrong("documents", value, "a list of texts");
  return Array.from(value, (document, index) => {
    const text = typeof document === "string" ? document : document?.text;
    if (typeof text !== "string") throw wrong(`documents[${index}]`, document, "a string, or { text }");
    return text;
  });
}

/** A plain list of their own, so that what was checked is what is sent, whatever kind of list the caller has. */
function texts(value, path) {
  if (!Array.isArray(value)) throw wrong(path, value, "a list of texts");
  const texts = [...value];
  const bad = texts.findIndex((text) => typeof text !== "string");
  if (bad !== -1) throw wrong(`${path}[${bad}]`, texts[bad], "a string");
  return texts;
}

function optional(value, path, type) {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== type) throw wrong(path, value, `a ${type}`);
  return value;
}

function required(value, path, type) {
  if (typeof value !== type) throw wrong(path, value, `a ${type}`);
  return value;
}

function count(value, path) {
  if (value === undefined || value === null) return undefined;
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) throw wrong(path, value, "a whole number");
  return value;
}

function record(value, what, example) {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  throw invalid(`${what} ${describe(value)}; pass an object such as ${example}.`);
}

function wrong(path, value, wanted) {
  return invalid(`\`${path}\` is ${describe(value)}; it has to be ${wanted}.`);
}

function invalid(message) {
  return new GpuBridgeError({ code: "invalid_input", message });
}
