/** libtorch, unless one is there already: the CPU parts on a CPU host, the CUDA parts too where there is a device. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { findLibtorch, hasCudaDevice, VERSION } from "../run/libtorch.mjs";
import { skipped, StepError } from "../run/step.mjs";
import { installWheels, wheelsOf } from "./wheels.mjs";

/** A daemon without Python and CUDA needs a third of the wheel. */
const CPU_RULES = [
  "torch/include/:*=include",
  ...["c10.so", "torch.so", "torch_cpu.so", "gomp*", "gfortran*", "arm_compute*", "nvpl_*"].map(
    (name) => `torch/lib/:lib${name}=lib`,
  ),
  "nvidia/:*/lib/libcudart.so.*=lib/*",
  "nvidia/:*/lib/libcupti.so.*=lib/*",
];
const CUDA_RULES = ["torch/include/:*=include", "torch/lib/:lib*.so*=lib", "nvidia/:*/lib/*.so*=lib/*"];

export const libtorch = {
  name: "libtorch",
  async run(report) {
    const found = find();
    if (found.ready) return skipped(describe(found));
    const wheels = [...wheelsOf("libtorch"), ...wheelsOf("libtorch-cpu")];
    if (hasCudaDevice()) {
      await installWheels([...wheels, ...wheelsOf("libtorch-cuda")], CUDA_RULES, found.dir, report);
    } else {
      await installWheels(wheels, CPU_RULES, found.dir, report);
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
