// Measures the engine in this browser: for bench.html, and for the benchmark beside other engines.

import { Engine, startWorker } from "./engine.js";
import { BUNDLE } from "./place.js";

/** What is sent to a worker to hear how much memory it has; nothing of the protocol. */
const QUESTION = "memory";

/** For the inside of a worker, where it can use nothing that stands outside of it: notes every memory that its modules have, so that
 * their size can be asked for. */
export const meter = () => {
  const { Memory } = WebAssembly;
  /** @type {Set<WebAssembly.Memory>} */
  const memories = new Set();
  /** @param {WebAssembly.Instance} instance */
  const note = ({ exports }) => {
    for (const item of Object.values(exports ?? {})) if (item instanceof Memory) memories.add(item);
  };
  const assembly = /** @type {Record<string, any>} */ (WebAssembly);
  for (const name of ["instantiate", "instantiateStreaming"]) {
    const original = assembly[name];
    assembly[name] = async (/** @type {any[]} */ ...given) => {
      const made = await original.apply(WebAssembly, given);
      note(made.instance ?? made);
      return made;
    };
  }
  WebAssembly.Memory = class extends Memory {
    /** @param {WebAssembly.MemoryDescriptor} description */
    constructor(description) {
      super(description);
      memories.add(this);
    }
  };
  addEventListener("message", (event) => {
    if (event.data !== "memory") return;
    event.stopImmediatePropagation();
    let bytes = 0;
    for (const memory of memories) bytes += memory.buffer.byteLength;
    event.ports[0].postMessage(bytes);
  });
};

/** How many tokens the measured texts have. */
export const TOKENS = [16, 32, 64, 128, 256, 512];

/** How many bytes of memory a worker has that has begun with {@link meter}. @param {Worker} worker @returns {Promise<number>} */
export const memoryOf = (worker) =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data);
    worker.postMessage(QUESTION, [port2]);
  });

/** An engine that can be asked how much memory it has taken. */
export class MeteredEngine extends Engine {
  /** @type {Worker | undefined} */
  #worker;

  /** @param {import("./engine.js").EngineOptions} [options] */
  constructor(options) {
    /** @param {string} script */
    const createWorker = (script) => (this.#worker = startWorker(`(${meter})();\n${script}`));
    super({ warmUp: true, ...options, createWorker });
  }

  /** How many bytes; the engine has to be loaded. */
  memory() {
    return memoryOf(/** @type {Worker} */ (this.#worker));
  }
}

/** Texts of words that are one token each, from the model's own vocabulary. */
export class Texts {
  /** @param {string} [bundle] the bundle's address, which ends in a slash */
  static async of(bundle = BUNDLE) {
    /** @type {{ model: { vocab: Record<string, number> } }} */
    const { model } = await (await fetch(`${bundle}tokenizer.json`)).json();
    return new Texts(model.vocab);
  }

  /** @param {Record<string, number>} vocabulary */
  constructor(vocabulary) {
    const words = Object.entries(vocabulary).filter(([word]) => /^[a-z]{4,9}$/.test(word));
    this.words = words.slice(200, 1200);
    this.first = vocabulary["[CLS]"];
    this.last = vocabulary["[SEP]"];
  }

  /**
   * A text of so many tokens, the first and last among them; another one for each `seed`.
   *
   * @param {number} tokens
   * @param {number} seed
   */
  make(tokens, seed) {
    const chosen = Array.from({ length: tokens - 2 }, (_, i) => this.words[(seed * 7919 + i * 131) % this.words.length]);
    const ids = [this.first, ...chosen.map(([, id]) => id), this.last];
    return { text: chosen.map(([word]) => word).join(" "), ids };
  }

  /**
   * So many texts as long as comments are, 8 to 300 tokens and more often few, in no order.
   *
   * @param {number} count
   */
  mixed(count) {
    return Array.from({ length: count }, (_, seed) => {
      const share = ((seed * 89) % count) / count;
      return this.make(Math.round(8 * (300 / 8) ** (share ** 1.5)), seed).text;
    });
  }
}

/** @param {number[]} numbers */
export const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
