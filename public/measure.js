// Measures the engine in this browser: for bench.html, and for the benchmark beside other engines.
import { Engine } from "./engines.js";

// For the inside of a worker: notes every memory that its modules have, so that their size can be asked for.
export const meter = () => {
  const { Memory } = WebAssembly;
  const memories = new Set();
  const note = ({ exports }) => {
    for (const item of Object.values(exports ?? {})) if (item instanceof Memory) memories.add(item);
  };
  for (const name of ["instantiate", "instantiateStreaming"]) {
    const original = WebAssembly[name];
    WebAssembly[name] = async (...given) => {
      const made = await original.apply(WebAssembly, given);
      note(made.instance ?? made);
      return made;
    };
  }
  WebAssembly.Memory = class extends Memory {
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
    postMessage(JSON.stringify({ Memory: bytes }));
  });
};

// How many tokens the measured texts have.
export const TOKENS = [16, 32, 64, 128, 256, 512];

// An engine that can be asked how much memory it has taken.
export class MeteredEngine extends Engine {
  script() {
    return `(${meter})();\n${super.script()}`;
  }

  // How many bytes.
  memory() {
    this.worker.postMessage("memory");
    return this.hear("Memory");
  }
}

// Texts of words that are one token each, from the model's own vocabulary.
export class Texts {
  static async of(base) {
    const address = new URL("models/undertone/tokenizer.json", new URL(base, document.baseURI));
    const { vocab } = (await (await fetch(address)).json()).model;
    const words = Object.entries(vocab).filter(([word]) => /^[a-z]{4,9}$/.test(word));
    return new Texts(words.slice(200, 1200), vocab["[CLS]"], vocab["[SEP]"]);
  }

  constructor(words, first, last) {
    Object.assign(this, { words, first, last });
  }

  // A text of so many tokens, the first and last among them; another one for each `seed`.
  make(tokens, seed) {
    const chosen = Array.from({ length: tokens - 2 }, (_, i) => this.words[(seed * 7919 + i * 131) % this.words.length]);
    const ids = [this.first, ...chosen.map(([, id]) => id), this.last];
    return { text: chosen.map(([word]) => word).join(" "), ids };
  }

  // So many texts as long as comments are, 8 to 300 tokens and more often few, in no order.
  mixed(count) {
    return Array.from({ length: count }, (_, seed) => {
      const share = ((seed * 89) % count) / count;
      return this.make(Math.round(8 * (300 / 8) ** (share ** 1.5)), seed).text;
    });
  }
}

export const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
