/** Who is there: health, info and status of the whole pool, each with one tool call. */
import { dim } from "../../scripts/run/terminal.mjs";
import { column, require, row } from "../screen.mjs";

export async function health(openclaw, hosts) {
  const answer = await openclaw.ask("gpu_health");
  for (const { name, status, device } of answer.hosts)
    row("•", `${column(name, 10)} ${column(status, 8)} ${device}`);
  const well = answer.hosts.filter(({ status }) => status === "ok").length;
  require(well === hosts.length, `gpu_health calls ${well} of ${hosts.length} hosts well.`);
  return `${well} of ${hosts.length} hosts are well`;
}

export async function info(openclaw) {
  const answer = await openclaw.ask("gpu_info");
  for (const { name, device_name, pytorch_version, loaded_models } of answer.hosts) {
    row("•", `${column(name, 10)} ${column(device_name, 34)} libtorch ${pytorch_version}`);
    row(" ", dim(`${column("", 10)} ${loaded_models.join(", ")}`));
  }
  return `version ${answer.version}, up to ${answer.limits.max_batch_size} texts a request`;
}

export async function status(openclaw) {
  const { queue, active_jobs } = await openclaw.ask("gpu_status");
  return `${queue.available_slots} of ${queue.max_concurrent} slots free, ${active_jobs.length} jobs running`;
}
