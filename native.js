/**
 * Finds the compiled addon for this machine: first beside this file (a checkout, a packed archive), then in the
 * platform's own package. Never starts a process and never reads the environment, so that security scanners of
 * plugin hosts have nothing to object to.
 */
import { createRequire } from "node:module";

const NAME = "openclaw-gpu-bridge";
const require = createRequire(import.meta.url);

/** The running platform as the platform packages spell it, such as `linux-x64-gnu`. */
export function platformName({ platform, arch } = process, musl = runsOnMusl) {
  if (platform === "linux") return `linux-${arch}-${musl() ? "musl" : "gnu"}`;
  if (platform === "win32") return `win32-${arch}-msvc`;
  return `${platform}-${arch}`;
}

/** Loads the addon. Throws an `Error` that lists what was tried. */
export function loadNative(name = platformName(), load = require) {
  const candidates = [`./${NAME}.${name}.node`, `@elvatis_com/${NAME}-${name}`];
  const failures = [];
  for (const candidate of candidates) {
    try {
      return load(candidate);
    } catch (error) {
      failures.push({ candidate, error });
    }
  }
  throw notFound(name, failures);
}

/** glibc names its version in the process report; musl has none to name. */
function runsOnMusl() {
  return !process.report.getReport().header.glibcVersionRuntime;
}

function notFound(name, failures) {
  const tried = failures.map(({ candidate, error }) => `  ${candidate}: ${firstLine(error)}`).join("\n");
  const advice =
    `Install the package "@elvatis_com/${NAME}-${name}", or run "npm run build" in a checkout. ` +
    `Where neither exists for ${name}, the addon has to be built from source with Rust.`;
  const message = `The ${NAME} addon could not be loaded for ${name}. Tried:\n${tried}\n${advice}`;
  return new Error(message, { cause: failures.at(-1)?.error });
}

function firstLine(error) {
  return String(error?.message ?? error).split("\n", 1)[0];
}
