// The page that measures the engine where the visitor is.

import { BASELINE } from "./failure.js";
import { MeteredEngine, TOKENS, Texts, median } from "./measure.js";
import { Pool } from "./pool.js";
import { applyTheme } from "./theme.js";

/** @typedef {{ engine: MeteredEngine, build: string, loading: number }} Loaded */
/** @typedef {Awaited<ReturnType<typeof measure>>} Measured */

applyTheme();

const parameters = new URLSearchParams(location.search);
const ROUNDS = Number(parameters.get("rounds")) || 12;
// A list takes seconds, and its time varies little.
const LIST_ROUNDS = Math.min(ROUNDS, 3);
const LIST_TEXTS = Number(parameters.get("texts")) || 256;
/** @type {Record<string, string>} */
const NAMES = { worker_relaxed: "relaxed SIMD", worker: "baseline" };

/** @param {string} selector */
const element = (selector) => /** @type {HTMLElement} */ (document.querySelector(selector));
/** @param {string} sentence */
const say = (sentence) => (element("#status").textContent = sentence);

/** @param {(string | number)[]} cells @param {"th" | "td"} kind */
const row = (cells, kind) => {
  const made = document.createElement("tr");
  for (const [index, content] of cells.entries()) {
    const cell = document.createElement(index === 0 ? "th" : kind);
    if (cell.tagName === "TH") cell.scope = kind === "th" ? "col" : "row";
    cell.textContent = String(content);
    made.append(cell);
  }
  return made;
};

// The builds that this browser can run, loaded, and how long that took.
const loaded = async () => {
  /** @type {Loaded[]} */
  const engines = [];
  for (const build of Object.keys(NAMES)) {
    say(`Loading the engine, ${NAMES[build]}…`);
    const engine = new MeteredEngine({ build });
    const begun = performance.now();
    try {
      await engine.load();
      engines.push({ engine, build, loading: performance.now() - begun });
    } catch (reason) {
      engine.stop();
      if (build === BASELINE) throw reason;
    }
  }
  return engines;
};

// Milliseconds for a text, of each build and length.
/** @param {Loaded[]} engines @param {Texts} texts */
const passes = async (engines, texts) => {
  const results = engines.flatMap(({ build }) =>
    TOKENS.map((tokens) => ({ contender: build, tokens, times: /** @type {number[]} */ ([]) })),
  );
  for (let round = 0; round <= ROUNDS; round += 1) {
    say(`Round ${round} of ${ROUNDS}…`);
    for (const tokens of TOKENS) {
      const { text } = texts.make(tokens, round);
      for (const { engine, build } of engines) {
        const { milliseconds } = await engine.classify(text, { precise: false });
        // The first round warms up.
        if (round > 0) results.find((of) => of.contender === build && of.tokens === tokens)?.times.push(milliseconds);
      }
    }
  }
  return results.map(({ contender, tokens, times }) => ({
    contender, tokens, median_ms: median(times), min_ms: Math.min(...times), rounds: times.length,
  }));
};

// Texts a second of a list that one engine has for itself, and that all share.
/** @param {Texts} texts */
const lists = async (texts) => {
  say("Loading the engines…");
  const list = texts.mixed(LIST_TEXTS);
  const pools = [new Pool(1), new Pool()].filter((pool, index) => index === 0 || pool.size > 1);
  try {
    for (const pool of pools) await pool.load();
    const results = pools.map((pool) => ({ engines: pool.size, rates: /** @type {number[]} */ ([]) }));
    for (let round = 0; round <= LIST_ROUNDS; round += 1) {
      say(`${LIST_TEXTS} texts, round ${round} of ${LIST_ROUNDS}…`);
      for (const [index, pool] of pools.entries()) {
        // The first round warms up, for which some of the texts will do.
        const given = round > 0 ? list : list.slice(0, 32);
        const begun = performance.now();
        await pool.score(given, { precise: false });
        if (round > 0) results[index].rates.push((given.length / (performance.now() - begun)) * 1000);
      }
    }
    return results.map(({ engines, rates }) => ({
      engines, median_texts_per_second: median(rates), max_texts_per_second: Math.max(...rates), rounds: rates.length,
    }));
  } finally {
    for (const pool of pools) pool.stop();
  }
};

const measure = async () => {
  const engines = await loaded();
  const texts = await Texts.of();
  const results = await passes(engines, texts);
  const memory = await Promise.all(engines.map(({ engine }) => engine.memory()));
  for (const { engine } of engines) engine.stop();
  return {
    browser: navigator.userAgent,
    results,
    loading: engines.map(({ build, loading }, index) => ({
      contender: build, load_ms: loading, memory_bytes: memory[index],
    })),
    lists: await lists(texts),
  };
};

/** @param {Measured} measured */
const show = ({ results, loading, lists }) => {
  const builds = loading.map(({ contender }) => contender);
  element("thead").replaceChildren(row(["tokens", ...builds.map((build) => NAMES[build])], "th"));
  const times = TOKENS.map((tokens) => {
    const cells = builds.map((build) => {
      const { median_ms = NaN, min_ms = NaN } = results.find((of) => of.contender === build && of.tokens === tokens) ?? {};
      return `${median_ms.toFixed(1)} (${min_ms.toFixed(1)})`;
    });
    return row([tokens, ...cells], "td");
  });
  const start = row(["start", ...loading.map(({ load_ms }) => load_ms.toFixed(0))], "td");
  const memory = row(["memory", ...loading.map(({ memory_bytes }) => `${(memory_bytes / 1e6).toFixed(0)} MB`)], "td");
  const rates = lists.map(({ engines, median_texts_per_second }) => {
    const rate = row([`texts a second, ${engines} ${engines === 1 ? "engine" : "engines"}`, median_texts_per_second.toFixed(0)], "td");
    rate.cells[1].colSpan = builds.length;
    return rate;
  });
  element("tbody").replaceChildren(...times, start, memory, ...rates);
  element("#figures").hidden = false;
};

const button = /** @type {HTMLButtonElement} */ (element("#measure"));
button.addEventListener("click", async () => {
  button.disabled = true;
  try {
    const measured = await measure();
    show(measured);
    say("Done.");
    element("#copy").onclick = async () => {
      await navigator.clipboard.writeText(JSON.stringify(measured, null, 2));
      say("Copied.");
    };
  } catch (reason) {
    say(`${reason instanceof Error ? reason.message : reason} Reload the page to try again.`);
  } finally {
    button.disabled = false;
  }
});
