/**
 * Packs the daemon for users: `node scripts/release/service.mjs DEVICE OUT` makes
 * `gpu-service-VERSION-linux-ARCH-DEVICE.tar.gz` and its checksum from `target/release/gpu-service`. For a CPU libtorch is inside; for
 * CUDA it is gigabytes, more than a release page takes, so `install.sh` fetches the pinned wheels, as it does wherever
 * libtorch is missing.
 */
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { daemon, inRoot } from "../run/paths.mjs";
import { findLibtorch } from "../run/libtorch.mjs";
import { run } from "../run/process.mjs";
import { line } from "../run/terminal.mjs";
import { CPU_LIBRARIES, CUDA_LIBRARIES } from "../setup/libtorch.mjs";
import { allWheels } from "../setup/wheels.mjs";
import { manifest } from "./targets.mjs";

const ARCHITECTURES = { x86_64: "x64", aarch64: "arm64" };
const PARTS = { cpu: ["libtorch", "libtorch-cpu"], cuda: ["libtorch", "libtorch-cpu", "libtorch-cuda"] };
const LIBRARIES = { cpu: CPU_LIBRARIES, cuda: CUDA_LIBRARIES };

/** What install.sh fetches: device, architecture, package, sha256, bytes and members, a wheel a line. */
export function wheelList() {
  const lines = Object.entries(PARTS).flatMap(([device, parts]) =>
    allWheels()
      .filter(({ part }) => parts.includes(part))
      .flatMap((wheel) => linesOf(device, wheel)),
  );
  return `${lines.join("\n")}\n`;
}

function linesOf(device, { name, files }) {
  return Object.entries(files).map(([arch, { sha256, bytes }]) =>
    [device, ARCHITECTURES[arch], name, sha256, bytes, ...LIBRARIES[device]].join(" "),
  );
}

/** Lays the archive's folder out under `out` and gives its path. `binary` is the daemon to take. */
export function layOut(device, out, binary = daemon("release")) {
  const folder = join(resolve(out), `gpu-service-${manifest().version}-linux-${process.arch}-${device}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "bin"), { recursive: true });
  copyFileSync(binary, join(folder, "bin", "gpu-service"));
  for (const name of ["gpu-service/install.sh", "gpu-service/README.md", "LICENSE", "CHANGELOG.md"])
    copyFileSync(inRoot(name), join(folder, basename(name)));
  chmodSync(join(folder, "install.sh"), 0o755);
  writeFileSync(join(folder, "wheels.txt"), wheelList());
  return folder;
}

async function pack(device, out) {
  const folder = layOut(device, out);
  if (device === "cpu") cpSync(join(findLibtorch().dir, "lib"), join(folder, "lib"), { recursive: true });
  const archive = `${basename(folder)}.tar.gz`;
  await run("tar", ["-czf", archive, "--owner=0", "--group=0", basename(folder)], { cwd: out });
  const sum = createHash("sha256")
    .update(readFileSync(join(out, archive)))
    .digest("hex");
  writeFileSync(join(out, `${archive}.sha256`), `${sum}  ${archive}\n`);
  line(join(out, archive));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , device, out] = process.argv;
  if (!PARTS[device] || !out) throw new Error("Say what to pack and where to: service.mjs cpu|cuda OUT.");
  await pack(device, out);
}
