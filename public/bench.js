// The page that measures the engine where the visitor is.
import { Engine, TOKENS, Texts, median } from "./measure.js";

const ROUNDS = Number(new URLSearchParams(location.search).get("rounds")) || 12;
const NAMES = { worker_relaxed: "relaxed SIMD", worker: "baseline" };

const element = (selector) => document.querySelector(selector);
const say = (sentence) => (element("#status").textContent = sentence);

const row = (cells, kind) => {
  const made = document.createElement("tr");
  for (const [index, content] of cells.entries()) {
    const cell = document.createElement(index === 0 ? "th" : kind);
    if (cell.tagName === "TH") cell.scope = kind === "th" ? "col" : "row";
    cell.textContent = content;
    made.append(cell);
  }
  return made;
};

// The builds that this browser can run, loaded, and how long that took.
const loaded = async () => {
  const engines = [];
  for (const build of Object.keys(NAMES)) {
    say(`Loading the engine, ${NAMES[build]}…`);
    const engine = new Engine(build, "./");
    const begun = performance.now();
    try {
      await engine.load();
      engines.push({ engine, loading: performance.now() - begun });
    } catch (reason) {
      engine.stop();
      if (build === "worker") throw reason;
    }
  }
  return engines;
};

const measure = async () => {
  const engines = await loaded();
  const texts = await Texts.of("./");
  const results = engines.flatMap(({ engine }) => TOKENS.map((tokens) => ({ contender: engine.build, tokens, times: [] })));
  for (let round = 0; round <= ROUNDS; round += 1) {
    say(`Round ${round} of ${ROUNDS}…`);
    for (const tokens of TOKENS) {
      const { text } = texts.make(tokens, round);
      for (const { engine } of engines) {
        const { milliseconds } = await engine.classify(text);
        // The first round warms up.
        if (round > 0) results.find((of) => of.contender === engine.build && of.tokens === tokens).times.push(milliseconds);
      }
    }
  }
  const memory = await Promise.all(engines.map(({ engine }) => engine.memory()));
  for (const { engine } of engines) engine.stop();
  return {
    browser: navigator.userAgent,
    results: results.map(({ contender, tokens, times }) => ({
      contender, tokens, median_ms: median(times), min_ms: Math.min(...times), rounds: times.length,
    })),
    loading: engines.map(({ engine, loading }, index) => ({
      contender: engine.build, load_ms: loading, memory_bytes: memory[index],
    })),
  };
};

const show = ({ results, loading }) => {
  const builds = loading.map(({ contender }) => contender);
  element("thead").replaceChildren(row(["tokens", ...builds.map((build) => NAMES[build])], "th"));
  const times = TOKENS.map((tokens) => {
    const cells = builds.map((build) => {
      const { median_ms, min_ms } = results.find((of) => of.contender === build && of.tokens === tokens);
      return `${median_ms.toFixed(1)} (${min_ms.toFixed(1)})`;
    });
    return row([tokens, ...cells], "td");
  });
  const start = row(["start", ...loading.map(({ load_ms }) => load_ms.toFixed(0))], "td");
  const memory = row(["memory", ...loading.map(({ memory_bytes }) => `${(memory_bytes / 1e6).toFixed(0)} MB`)], "td");
  element("tbody").replaceChildren(...times, start, memory);
  element("#figures").hidden = false;
};

element("#measure").addEventListener("click", async ({ target }) => {
  target.disabled = true;
  try {
    const measured = await measure();
    show(measured);
    say("Done.");
    element("#copy").onclick = async () => {
      await navigator.clipboard.writeText(JSON.stringify(measured, null, 2));
      say("Copied.");
    };
  } catch (reason) {
    say(`${reason.message} Reload the page to try again.`);
  } finally {
    target.disabled = false;
  }
});
