/** What a progress line shows at which time, on a stream of our own. */
import test from "ava";
import { Advance } from "../dist/bin/embed/advance.js";
import { Progress } from "../dist/bin/terminal/progress.js";
import { clock, counted } from "../dist/bin/terminal/numbers.js";
import { shorten, table, width } from "../dist/bin/terminal/table.js";
import { asTable } from "../dist/bin/status/show.js";

function screen({ isTTY = true } = {}) {
  const written = [];
  return { isTTY, written, write: (text) => written.push(text) };
}

test("the bar has the rate and the time left, counted from where the run began", (t) => {
  const stream = screen();
  let now = 0;
  const progress = new Progress(stream, "texts", { now: () => now });
  progress.update({ items: 0, fraction: 0.5 });
  now = 10_000;
  progress.update({ items: 2500, fraction: 0.75 });
  t.is(stream.written[1], `\r${"█".repeat(18)}${"░".repeat(6)}  75 %  2,500 texts  250/s  0:10 left\u001b[K`);
  now += 1;
  progress.update({ items: 2501, fraction: 0.75 });
  t.is(stream.written.length, 2, "it is not drawn again within a tenth of a second");
  progress.clear();
  t.is(stream.written[2], "\r\u001b[K");
});

test("without a size there is a count, and without a terminal nothing", (t) => {
  const stream = screen();
  let now = 0;
  const progress = new Progress(stream, "texts", { now: () => now });
  now = 61_000;
  progress.update({ items: 6100 });
  t.is(stream.written[0], "\r6,100 texts  100/s  1:01\u001b[K");
  for (const [quiet, isTTY] of [
    [true, true],
    [false, false],
  ]) {
    const silent = screen({ isTTY });
    const unseen = new Progress(silent, "texts", { quiet });
    unseen.update({ items: 1, fraction: 0.5 });
    unseen.clear();
    t.deepEqual(silent.written, []);
  }
});

test("a run is as far as what is written and what calls have done of the rest", (t) => {
  const seen = [];
  const progress = { update: ({ items, fraction }) => seen.push([items, fraction]) };
  const advance = new Advance(progress, { size: 1000, bytes: 200 });
  const chunk = (texts, bytes, end) => ({ texts: Array(texts).fill(""), bytes, end: { bytes: end } });
  const [first, second] = [chunk(10, 400, 600), chunk(5, 400, 1000)];
  const [one, two] = [first, second].map((chunk) => advance.follow(chunk));
  two({ done: 3, total: 5 });
  one({ done: 5, total: 10 });
  one({ done: 10, total: 10 });
  advance.written(first);
  advance.written(second);
  t.deepEqual(seen, [
    [0, 0.2],
    [3, 0.44],
    [8, 0.64],
    [13, 0.84],
    [13, 0.84],
    [15, 1],
  ]);
  const piped = new Advance(progress, { size: undefined, bytes: 0 });
  piped.written(first);
  t.deepEqual(seen.at(-1), [10, undefined]);
});

test("columns are aligned, numbers to the right", (t) => {
  t.is(
    table(
      ["NAME", "N"],
      [
        ["a", "1,000"],
        ["long", "2"],
      ],
    ),
    "NAME      N\na     1,000\nlong      2\n",
  );
  t.is(shorten("a  b\nc d e", 6), "a b c…");
  t.is(table(["N"], Array(200_000).fill(["1"])).length, 400_002, "as many rows as there are");
  t.deepEqual([0, 59.6, 3600].map(clock), ["0:00", "1:00", "1:00:00"]);
  t.deepEqual(
    [1, 2000].map((value) => counted(value, "text")),
    ["1 text", "2,000 texts"],
  );
});

test("on a narrow terminal a host has two lines, neither of which is too long", (t) => {
  const snapshot = { breaker: "closed", protocol: "gpu-bridge" };
  const info = {
    device: "cuda:0",
    device_name: "NVIDIA GeForce RTX 3090",
    vram_used_mb: 12_595,
    vram_total_mb: 24_576,
    loaded_models: ["bertscore:microsoft/deberta-xlarge-mnli", "embed:BAAI/bge-m3"],
  };
  const queue = { queued_tokens: 12_345, in_flight: 17, max_concurrent: 256, tokens_per_second: 123_456 };
  const host = {
    name: "rtx-3090",
    url: "http://a",
    serves: true,
    health: "ok",
    snapshot,
    info,
    queue,
    jobs: 1,
  };
  const dead = {
    ...host,
    name: "b",
    health: "unreachable",
    detail: "No.",
    info: undefined,
    queue: undefined,
  };
  const wide = asTable([host, dead]);
  t.is(wide, asTable([host, dead], width(wide)));
  t.is(
    asTable([host], 80),
    "HOST      HEALTH  MEMORY                    QUEUE  IN FLIGHT  TOKENS/S\n" +
      "rtx-3090  ok      12.3 of 24.0 GiB  12,345 tokens  17/256      123,456\n" +
      "  breaker closed; cuda:0 NVIDIA GeForce RTX 3090; bertscore:microsoft/deberta-x…\n",
  );
  t.true(asTable([host, dead], 80).endsWith("\n  breaker closed\n\nb (http://a): No.\n"));
});
