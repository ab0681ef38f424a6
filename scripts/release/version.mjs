/**
 * One version for everything: package.json has it, and the addon's crate, the plugin's manifest, the platform packages
 * and the changelog must agree. A tag must too, and then the changelog must have a date.
 *
 * `node scripts/release/version.mjs [TAG]` says what differs and ends with 1.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { inRoot } from "../run/paths.mjs";
import { line } from "../run/terminal.mjs";
import { manifest, platforms } from "./targets.mjs";

const read = (name) => readFileSync(inRoot(name), "utf8");

/** What does not say the version of package.json, as sentences. */
export function disagreements(tag) {
  const { version } = manifest();
  const differing = Object.entries(stated()).filter(([, stated]) => stated !== version);
  const sentences = differing.map(([where, is]) => `${where} says ${is}, but package.json says ${version}.`);
  return tag === undefined ? sentences : [...sentences, ...untagged(tag, version)];
}

/** Who else states a version. */
function stated() {
  const packages = [...platforms()].map(([folder, { version }]) => [`npm/${folder}/package.json`, version]);
  return {
    "Cargo.toml": /^version = "(.+)"$/m.exec(read("Cargo.toml"))?.[1],
    "openclaw.plugin.json": JSON.parse(read("openclaw.plugin.json")).version,
    "package-lock.json": JSON.parse(read("package-lock.json")).version,
    "CHANGELOG.md": latest().version,
    ...Object.fromEntries(packages),
  };
}

/** The changelog's newest release and its date. */
function latest() {
  return /^## \[(?<version>.+?)\] - (?<date>.+)$/m.exec(read("CHANGELOG.md"))?.groups ?? {};
}

function untagged(tag, version) {
  const sentences = [];
  if (tag !== `v${version}`) sentences.push(`The tag is ${tag}, but package.json asks for v${version}.`);
  const { date } = latest();
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date))
    sentences.push(`CHANGELOG.md dates the release "${date}"; write the day, as 2026-12-01.`);
  return sentences;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const sentences = disagreements(process.argv[2]);
  for (const sentence of sentences) line(sentence);
  process.exitCode = sentences.length > 0 ? 1 : 0;
}
