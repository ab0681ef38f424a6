/** Shows the fleet, and again whenever `show` is called by what arrives after the document. No request is made here. */
const element = (id) => document.getElementById(id);
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const SILENCE_MS = 20_000;

let last = Date.now();
setInterval(() => Date.now() - last > SILENCE_MS && again(), 5_000);

/** Loads the page anew: it was ended, or nothing has come for a while. */
function again() {
  last = Date.now();
  setTimeout(() => location.reload(), 1_000);
}

/** Shows a view of the fleet, or the reason why there is none. */
function show(view) {
  last = Date.now();
  document.currentScript?.remove();
  element("summary").textContent = view.error ?? headline(view);
  say(view.error ?? wellBeing(view));
  keep(view.hosts ?? []);
}

/** To screen readers, which speak of every change and are to hear of few. */
function say(sentence) {
  if (element("change").textContent !== sentence) element("change").textContent = sentence;
}

/** The cards there are, each with what it shows: one that would be the same stays, and with it what is selected in it. */
let cards = new Map();

function keep(hosts) {
  const before = cards;
  cards = new Map(hosts.map((host) => [host.name, kept(host, before.get(host.name))]));
  const main = element("hosts");
  [...cards.values()].forEach(({ article }, place) => stand(article, main, place));
  while (main.children.length > cards.size) main.lastElementChild.remove();
}

function stand(article, main, place) {
  const there = main.children[place];
  if (!there) main.append(article);
  else if (there !== article) there.replaceWith(article);
}

function kept(host, before) {
  const shown = JSON.stringify(host);
  return before?.shown === shown ? before : { shown, article: card(host) };
}

const wellBeing = ({ hosts }) =>
  `${hosts.filter(({ health }) => health === "healthy").length} of ${hosts.length} healthy`;

function headline({ hosts, at }) {
  const tokens = hosts.reduce((sum, { tokensPerSecond }) => sum + (tokensPerSecond ?? 0), 0);
  const jobs = hosts.reduce((sum, host) => sum + host.jobs.length, 0);
  const time = new Date(at).toLocaleTimeString();
  return `${wellBeing({ hosts })}, ${count(jobs, "job")} running, ${whole.format(tokens)} tokens/s, ${time}`;
}

const count = (number, noun) => `${whole.format(number)} ${noun}${number === 1 ? "" : "s"}`;

function card(host) {
  const article = element("host").content.cloneNode(true).firstElementChild;
  const put = (selector, text) => (article.querySelector(selector).textContent = text ?? "");
  article.dataset.health = host.health;
  put(".name", host.name);
  put(".health", host.breaker === "closed" ? host.health : `${host.health}, breaker ${host.breaker}`);
  put(".device", [host.info?.device_name ?? host.device, host.url].filter(Boolean).join(" · "));
  memory(article.querySelector(".memory"), host.info);
  chart(article.querySelector(".chart"), host.throughput);
  article.querySelector("dl").append(...figures(host).flatMap(figure));
  article.querySelector(".jobs").append(...host.jobs.map(job));
  put(".models", host.info?.loaded_models.join(", "));
  put(".error", host.lastError ?? host.silent);
  return article;
}

function memory(row, info) {
  if (!info?.vram_total_mb) return row.remove();
  const { vram_used_mb: used, vram_total_mb: total } = info;
  row.querySelector(".bar div").style.width = `${(100 * used) / total}%`;
  row.querySelector(".used").textContent = `${(used / 1024).toFixed(1)} of ${(total / 1024).toFixed(1)} GiB`;
}

/** Tokens a second over time; a single sample is no line yet. */
function chart(svg, samples) {
  if (samples.length < 2) return svg.remove();
  const top = Math.max(...samples, 1);
  const step = 120 / (samples.length - 1);
  const points = samples.map(
    (sample, index) => `${(index * step).toFixed(1)},${(31 - (29 * sample) / top).toFixed(1)}`,
  );
  svg.querySelector("polyline").setAttribute("points", points.join(" "));
  svg.querySelector("polygon").setAttribute("points", ["0,32", ...points, "120,32"].join(" "));
  svg.setAttribute("aria-label", `Tokens a second, at most ${whole.format(top)}`);
}

function figures(host) {
  return [
    ["Tokens/s", host.tokensPerSecond && whole.format(host.tokensPerSecond)],
    ["In flight", whole.format(host.inFlight)],
    ["Queue", host.queueTokens !== undefined && count(host.queueTokens, "token")],
    ["Requests", whole.format(host.requests)],
    ["Failed", host.failures > 0 && whole.format(host.failures)],
    ["Weight", host.weight > 1 && whole.format(host.weight)],
    ["Back in", host.parkedSeconds && `${Math.ceil(host.parkedSeconds)} s`],
  ].filter(([, value]) => value);
}

function figure([name, value]) {
  const group = document.createElement("div");
  for (const [tag, text] of [
    ["dt", name],
    ["dd", value],
  ])
    group.appendChild(document.createElement(tag)).textContent = text;
  return [group];
}

function job({ type, items, model, progress }) {
  const item = element("job").content.cloneNode(true).firstElementChild;
  const what = `${type}, ${count(items, "item")}, ${model}`;
  item.querySelector(".what").textContent = what;
  item.querySelector(".share").textContent = `${Math.floor(100 * progress)} %`;
  item.querySelector("progress").value = progress;
  item.querySelector("progress").setAttribute("aria-label", what);
  return item;
}
