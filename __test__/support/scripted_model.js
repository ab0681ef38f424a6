/**
 * A model provider that follows a script instead of thinking: an OpenAI-compatible server whose n-th answer of a turn
 * is the n-th line of its script. It keeps every request, so that a test sees what a model would have seen.
 */
import { once } from "node:events";
import { createServer } from "node:http";

const MODEL = "scripted-1";

export class ScriptedModel {
  #server;
  /** What each answer is: `{ tool, args }` for a call through the host's tool search, or `{ text }`. */
  script = [];
  /** The bodies of all requests. */
  requests = [];

  static async start() {
    const model = new ScriptedModel();
    model.#server = createServer((request, response) => model.#answer(request, response));
    model.#server.listen(0, "127.0.0.1");
    await once(model.#server, "listening");
    return model;
  }

  /** The part of OpenClaw's config that makes it the only model. */
  get config() {
    const baseUrl = `http://127.0.0.1:${this.#server.address().port}/v1`;
    const models = [{ id: MODEL, name: MODEL, contextWindow: 200_000, maxTokens: 4096 }];
    const provider = { baseUrl, apiKey: "none", api: "openai-completions", models };
    return {
      models: { providers: { scripted: provider } },
      agents: { defaults: { model: `scripted/${MODEL}` } },
    };
  }

  /** What the tools of the last turn answered, as the model was shown it. */
  get toolResults() {
    const { messages } = this.requests.at(-1);
    return messages.filter(({ role }) => role === "tool").map(({ content }) => textOf(content));
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request, response) {
    let body = "";
    for await (const chunk of request) body += chunk;
    const asked = JSON.parse(body);
    this.requests.push(asked);
    const step = asked.messages.filter(({ role }) => role === "tool").length;
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const chunk of chunksOf(this.script[step] ?? { text: "Done." })) {
      response.write(
        `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", model: MODEL, ...chunk })}\n\n`,
      );
    }
    response.end("data: [DONE]\n\n");
  }
}

function chunksOf({ tool, args, text }) {
  const choice = (delta, finish_reason = null) => ({ choices: [{ index: 0, delta, finish_reason }] });
  if (!tool) return [choice({ role: "assistant", content: text }), choice({}, "stop")];
  const call = { name: "tool_call", arguments: JSON.stringify({ id: tool, args }) };
  const tool_calls = [{ index: 0, id: `call_${tool}`, type: "function", function: call }];
  return [choice({ role: "assistant", tool_calls }), choice({}, "tool_calls")];
}

function textOf(content) {
  return typeof content === "string" ? content : content.map(({ text }) => text).join("");
}
