/** libtorch, unless one is there already: the CPU parts on a CPU host, the CUDA parts too where there is a device. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { findLibtorch, hasCudaDevice, VERSION } from "../run/libtorch.mjs";
import { skipped, StepError } from "../run/step.mjs";
import { installWheels, wheelsOf } from "./wheels.mjs";

/** A daemon without Python and CUDA needs a third of the wheel. Members of the wheels, as globs. */
export const CPU_LIBRARIES = [
  ...["c10.so", "torch.so", "torch_cpu.so", "gomp*", "gfortran*", "arm_compute*", "nvpl_*"].map(
    (name) => `torch/lib/lib${name}`,
  ),
  "nvidia/*/lib/libcudart.so.*",
  "nvidia/*/lib/libcupti.so.*",
];
export const CUDA_LIBRARIES = ["torch/lib/lib*.so*", "nvidia/*/lib/*.so*"];

const rules = (libraries) => ["torch/include/:*=include", ...libraries.map(rule)];

/** As unpack_wheel.py wants them: below the fixed beginning, all in one folder. */
function rule(member) {
  const start = member.startsWith("torch/lib/") ? "torch/lib/" : "nvidia/";
  return `${start}:${member.slice(start.length)}=lib/*`;
}

export const libtorch = {
  name: "libtorch",
  async run(report) {
    const found = find();
    if (found.ready) return skipped(describe(found));
    const wheels = [...wheelsOf("libtorch"), ...wheelsOf("libtorch-cpu")];
    if (hasCudaDevice()) {
      await installWheels(
        [...wheels, ...wheelsOf("libtorch-cuda")],
        rules(CUDA_LIBRARIES),
        found.dir,
        report,
      );
    } else {
      await installWheels(wheels, rules(CPU_LIBRARIES), found.dir, report);
    }
    writeFileSync(join(found.dir, "build-version"), `${VERSION}\n`);
    return describe(find());
  },
};

function find() {
  try {
    return findLibtorch();
  } catch (error) {
    throw new StepError(error.message, error);
  }
}

function describe({ dir, version, cuda, source }) {
  const from = { LIBTORCH: "as LIBTORCH says", python3: "of python3", cache: "" }[source];
  return `${[version, cuda ? "with CUDA" : "CPU parts", from].filter(Boolean).join(" ")} in ${dir}`;
}
