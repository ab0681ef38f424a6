/**
 * The commands, defined on a program of commander's: that of `gpu-bridge`, or one that offers them among its own. Only
 * commander's types are used here, so the program may come with a commander of its own.
 */
import type { Command } from "commander";
import { addHostCommands } from "./host_commands.js";
import type { Source } from "./source.js";
import { addTextCommands } from "./text_commands.js";

export type { Source } from "./source.js";

/** Adds all of them. */
export function addCommands(program: Command, source: Source): void {
  addHostCommands(program, source);
  addTextCommands(program, source);
}
