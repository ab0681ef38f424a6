/**
 * Where people see the fleet: a tab of the Control UI, a gateway method, `/gpu` in a chat and `openclaw gpu` in a shell.
 * All show the same view.
 */
import { messageOf } from "../errors.js";
import type { BridgeLifetime } from "../lifetime.js";
import type { CliProgram, PluginApi } from "../openclaw.js";
import type { Fleet } from "./fleet.js";
import { PANEL_PATH, type Panel } from "./panel.js";
import { summary } from "./summary.js";

const GPU = {
  name: "gpu",
  description: "GPU hosts: status, validation, embeddings, scores",
  hasSubcommands: true,
};

/** What a running gateway offers. */
export function registerSurfaces(api: PluginApi, fleet: Fleet, panel: Panel): void {
  api.registerHttpRoute({ path: PANEL_PATH, auth: "gateway", match: "prefix", handler: panel.handle });
  api.session.controls.registerControlUiDescriptor({
    surface: "tab",
    id: "gpu-hosts",
    slug: "gpu-hosts",
    label: "GPU hosts",
    description: "Health, queues, jobs and throughput of every GPU host",
    icon: "cpu",
    group: "control",
    path: PANEL_PATH,
    requiredScopes: ["operator.read"],
  });
  api.registerGatewayMethod("gpubridge.status", ({ respond }) => answer(fleet, respond), {
    scope: "operator.read",
  });
  api.registerCommand({
    name: "gpu",
    description: "Show the GPU hosts",
    handler: async () => ({ text: await told(fleet) }),
  });
}

/** The shell's commands, which run in a process of their own. */
export function registerShell(api: PluginApi, lifetime: BridgeLifetime): void {
  api.registerCli(({ program }) => addGpu(program, lifetime), { descriptors: [GPU] });
}

function addGpu(program: CliProgram, lifetime: BridgeLifetime): void {
  const { name, description } = GPU;
  lifetime.package.commands.addCommands(program.command(name).description(description), {
    config: async () => {
      await lifetime.unlock();
      return lifetime.needConfig();
    },
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    exit: (code) => void (process.exitCode = code),
  });
}

async function answer(fleet: Fleet, respond: (ok: boolean, payload?: unknown, error?: object) => void) {
  try {
    respond(true, await fleet.view());
  } catch (error) {
    respond(false, undefined, { code: "UNAVAILABLE", message: messageOf(error) });
  }
}

async function told(fleet: Fleet): Promise<string> {
  try {
    return summary(await fleet.view());
  } catch (error) {
    return messageOf(error);
  }
}
