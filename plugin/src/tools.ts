/** All tools, by their names. Those that read or write files are made for each agent's workspace. */
import type { BridgeLifetime } from "./lifetime.js";
import type { Tool, ToolContext } from "./openclaw.js";
import { createTool, type Definition } from "./tool.js";
import { bertscore } from "./tools/bertscore.js";
import { embed } from "./tools/embed.js";
import { health, info, status } from "./tools/hosts.js";
import { rerank } from "./tools/rerank.js";
import { similarity } from "./tools/similarity.js";

type Make = (context: ToolContext) => Tool;

/** What the manifest declares in `contracts.tools`. */
export function toolMakers(lifetime: BridgeLifetime): Map<string, Make> {
  const make = <P>(definition: Definition<P>): [string, Make] => [
    definition.name,
    (context) => createTool(lifetime, definition, context),
  ];
  return new Map([
    make(health),
    make(info),
    make(status),
    make(bertscore),
    make(embed),
    make(rerank),
    make(similarity),
  ]);
}
