/** What the documents say has to be so: links, scripts, flags and config keys, each held against what there is. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import json5 from "json5";
import ts from "typescript";
import { GpuBridge } from "../index.js";
import { runCli } from "./support/cli.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path) => readFileSync(join(root, path), "utf8");
const readme = read("README.md");
const manifest = JSON.parse(read("openclaw.plugin.json"));
const documents = [".", "docs", "gpu-service", "skills/gpu-bridge"].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name)),
);
const matches = (text, pattern) => [...text.matchAll(pattern)].map(([, match]) => match);

/** A heading as links name it. */
const anchorOf = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_\- ]/gu, "")
    .trim()
    .replaceAll(" ", "-");

function leadsSomewhere(document, link) {
  const [path, anchor] = link.split("#");
  const target = path ? join(dirname(document), path) : document;
  if (!existsSync(join(root, target))) return false;
  return (
    !anchor ||
    matches(read(target), /^#+ (.*)$/gm)
      .map(anchorOf)
      .includes(anchor)
  );
}

for (const document of documents)
  test(`what ${document} points at is there`, (t) => {
    const links = matches(read(document), /\]\(([^)\s]+)\)/g).filter((link) => !/^https?:/.test(link));
    t.deepEqual(
      links.filter((link) => !leadsSomewhere(document, link)),
      [],
    );
    const { scripts } = JSON.parse(read("package.json"));
    const named = matches(read(document), /npm run ([\w:]+)/g);
    t.deepEqual(
      named.filter((script) => !(script in scripts)),
      [],
    );
  });

const commands = matches(readme, /^gpu-bridge (\w+ .*?)(?:\s+#.*)?$/gm);

for (const command of commands)
  test(`the flags of gpu-bridge ${command} are there`, async (t) => {
    const [name] = command.split(" ");
    const { code, stdout } = await runCli([name, "--help"]);
    t.is(code, 0);
    const flags = matches(command.replace(/".*?"/g, ""), / (--?[a-z-]+)/g);
    for (const flag of flags) t.regex(stdout, new RegExp(`^ +(-\\w, )?${flag}[ ,]`, "m"));
  });

/** Keys of a JSON schema that are no groups, as the README writes them, each with its default. */
function keysOf({ properties }, before = "") {
  return Object.entries(properties).flatMap(([key, schema]) => {
    const nested = schema.items ?? schema;
    const path = `${before}${key}${schema.items ? "[]" : ""}`;
    return nested.properties ? keysOf(nested, `${path}.`) : [[path, schema.default]];
  });
}

/** The rows of the README's table as keys, each with what stands under "default". */
function rowsOf(text) {
  const [, section] = text.split("\n## Configuration\n");
  return matches(section, /^\| (`.*)\|$/gm).flatMap((line) => {
    const [keys, given] = line.split("|");
    let group = "";
    return matches(keys, /`([^`]+)`/g).map((key) => {
      const whole = key.startsWith(".") ? group + key : key;
      group = whole.slice(0, whole.lastIndexOf("."));
      return [whole, given];
    });
  });
}

/** The same of the interface in `index.d.ts`. */
function declaredKeys() {
  const program = ts.createProgram([join(root, "index.d.ts")], {
    types: ["node"],
    target: ts.ScriptTarget.ES2023,
  });
  const checker = program.getTypeChecker();
  const isConfig = (node) => ts.isInterfaceDeclaration(node) && node.name.text === "GpuBridgeConfig";
  const config = program.getSourceFile(join(root, "index.d.ts")).statements.find(isConfig);
  const walk = (type, before) =>
    checker.getPropertiesOfType(type).flatMap((symbol) => {
      const property = checker.getNonNullableType(checker.getTypeOfSymbol(symbol));
      const inner = checker.isArrayType(property) ? checker.getTypeArguments(property)[0] : property;
      const path = `${before}${symbol.name}${inner === property ? "" : "[]"}`;
      return inner.flags & ts.TypeFlags.Object ? walk(inner, `${path}.`) : [path];
    });
  return walk(checker.getTypeAtLocation(config), "");
}

const keys = keysOf(manifest.configSchema);
const names = keys.map(([key]) => key).sort();

test("the README's table has every key of the config, and no other", (t) => {
  const rows = rowsOf(readme);
  t.deepEqual(rows.map(([key]) => key).sort(), names);
  const given = new Map(rows);
  for (const [key, value] of keys)
    if (value !== undefined) t.true(given.get(key).includes(String(value)), `${key}: ${value}`);
});

test("index.d.ts has every key of the config, and no other", (t) => {
  t.deepEqual(declaredKeys().sort(), names);
});

test("the README's configs are taken as they stand", async (t) => {
  const blocks = matches(readme, /```json5?\n(.*?)```/gs).map((block) => json5.parse(block));
  const configs = blocks.map(
    ({ plugins, ...rest }) => plugins?.entries["openclaw-gpu-bridge"].config ?? rest,
  );
  const bridges = configs
    .filter(({ hosts }) => hosts)
    .map(({ hosts, ...rest }) => {
      const plain = hosts.map(({ apiKey, ...host }) => host); // OpenClaw looks keys up
      return new GpuBridge({ ...rest, hosts: plain });
    });
  t.is(bridges.length, 2);
  await Promise.all(bridges.map((bridge) => bridge.close()));
});
