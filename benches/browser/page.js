// Engines side by side on one page: they take turns, each in a worker of its own, one thread, one text at a time.
//
// What is measured goes to the host as addresses that it is asked for (main.rs reads them from there), so that every browser
// will do and none needs a driver.
import { MeteredEngine, TOKENS, Texts, memoryOf } from "../site/measure.js";

const parameters = new URLSearchParams(location.search);
const ROUNDS = Number(parameters.get("rounds"));
const COLD_STARTS = Number(parameters.get("cold_starts"));

// The time over which a text is classified again and again, as browsers blur their clocks.
const LEAST_MILLISECONDS = 30;

// The time for which each engine works before it is measured: browsers compile in the end what has run for long.
const WARM_UP_MILLISECONDS = 2000;

// A peer, with the same methods as our own engine.
class Peer {
  constructor(name) {
    this.name = name;
  }

  async load() {
    this.worker = new Worker("worker.js", { type: "module" });
    await this.hear("Started");
    this.say({ load: this.name });
    await this.hear("Ready");
  }

  async classify(text) {
    this.say({ classify: text });
    return this.hear("Answer");
  }

  memory() {
    return memoryOf(this.worker);
  }

  stop() {
    this.worker.terminate();
  }

  say(request) {
    this.worker.postMessage(JSON.stringify(request));
  }

  // The next response, which is of this kind unless something went wrong.
  hear(kind) {
    return new Promise((resolve, reject) => {
      this.worker.onmessage = ({ data }) => {
        const response = JSON.parse(data);
        if (response.Failed) reject(new Error(response.Failed.sentence));
        else resolve(response[kind]);
      };
      this.worker.onerror = ({ message }) => reject(new Error(message));
    });
  }
}

class Ours extends MeteredEngine {
  async classify({ text }) {
    const { milliseconds, classification } = await super.classify(text, { precise: false });
    const labels = classification.tasks.flatMap((task) => task.labels);
    return { milliseconds, probabilities: labels.map((label) => label.probability), tokens: classification.tokens };
  }
}

const CONTENDERS = {
  "Undertone, relaxed": () => new Ours({ build: "worker_relaxed" }),
  "Undertone, baseline": () => new Ours({ build: "worker" }),
  ...Object.fromEntries(
    ["onnxruntime-web int8", "onnxruntime-web f32", "transformers.js int8", "candle f32", "rten int8", "rten f32"].map(
      (name) => [name, () => new Peer(name)],
    ),
  ),
};

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const report = (measured) => fetch(`../report?${new URLSearchParams(measured)}`);

// The mean over as many passes as fill the least time.
const pass = async (engine, text, times) => {
  let sum = 0;
  for (let i = 0; i < times; i += 1) sum += (await engine.classify(text)).milliseconds;
  return sum / times;
};

// From nothing to the first answer, with the weights in the browser's store: all but the very first time.
const coldStarts = async (texts) => {
  const able = new Set(Object.keys(CONTENDERS));
  for (let round = 0; round <= COLD_STARTS; round += 1) {
    for (const contender of [...able]) {
      const engine = CONTENDERS[contender]();
      try {
        const begun = performance.now();
        await engine.load();
        const loaded = performance.now();
        await engine.classify(texts.make(32, round));
        const value = performance.now() - begun;
        if (round > 0) await report({ kind: "cold", contender, value, loading: loaded - begun });
        if (round > 0) await report({ kind: "memory", contender, value: await engine.memory() });
      } catch (reason) {
        able.delete(contender);
        await report({ kind: "failed", contender, reason: reason.message });
      }
      // The store is written in the engine's own time.
      if (round === 0) await pause(2000);
      engine.stop();
      // What a browser has to do after that must not be counted as the next one's.
      await pause(500);
    }
  }
  return able;
};

const passes = async (texts, able) => {
  const engines = new Map();
  for (const contender of able) {
    const engine = CONTENDERS[contender]();
    await engine.load();
    engines.set(contender, engine);
  }
  for (const engine of engines.values()) {
    const begun = performance.now();
    while (performance.now() - begun < WARM_UP_MILLISECONDS) await engine.classify(texts.make(32, 1));
  }
  let expected;
  for (const [contender, engine] of engines) {
    const { probabilities, tokens } = await engine.classify(texts.make(64, 1));
    if (tokens !== undefined && tokens !== 64) throw new Error(`the text has ${tokens} tokens instead of 64`);
    if (contender === "onnxruntime-web f32") expected = probabilities;
    engine.probabilities = probabilities;
  }
  for (const [contender, { probabilities }] of engines) {
    const differences = probabilities.map((probability, index) => Math.abs(probability - expected[index]));
    await report({ kind: "difference", contender, value: Math.max(...differences) });
  }
  for (const tokens of TOKENS) {
    const times = new Map();
    for (let round = 0; round <= ROUNDS; round += 1) {
      const text = texts.make(tokens, round);
      for (const [contender, engine] of engines) {
        // The first round warms up, and tells how often to repeat.
        if (round === 0) {
          await pass(engine, text, 3);
          times.set(contender, Math.ceil(LEAST_MILLISECONDS / Math.max(0.5, await pass(engine, text, 3))));
        } else {
          const value = await pass(engine, text, times.get(contender));
          await report({ kind: "pass", contender, tokens, value });
        }
      }
    }
  }
  for (const [contender, engine] of engines) {
    await report({ kind: "peak", contender, value: await engine.memory() });
    engine.stop();
  }
};

try {
  const texts = await Texts.of();
  await passes(texts, await coldStarts(texts));
  await report({ kind: "done", contender: navigator.userAgent });
} catch (reason) {
  await report({ kind: "broken", contender: "the page", reason: `${reason.message} ${reason.stack}` });
}
