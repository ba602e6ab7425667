// Workers that do what a test says. What they stand for is the order of messages, which a real engine does not let a test choose;
// everything else is tested with real ones (tests/page).

export const MODEL = { name: "fake", licence: "none", sha256: "0", description: "", examples: [], documents: [], max_tokens: 8, tasks: [], build: "baseline", is_kept: false };

export class FakeWorker {
  /** @type {any[]} */
  heard = [];
  isEnded = false;
  isAlwaysPrecise = false;
  /** What is said of each text. @type {any[]} */
  tasks = [];
  onmessage = (/** @type {{ data: string }} */ _event) => {};
  onerror = (/** @type {{ message?: string }} */ _event) => {};

  /** @param {string} script */
  constructor(script) {
    this.options = JSON.parse(script.slice(script.lastIndexOf(")(") + 2, script.lastIndexOf(");")));
  }

  /** @param {string | object} message a request, or the files of a bundle */
  postMessage(message) {
    if (typeof message === "string") this.heard.push(JSON.parse(message));
    else this.files = message;
  }

  terminate() {
    this.isEnded = true;
  }

  /** @param {unknown} response */
  say(response) {
    if (!this.isEnded) this.onmessage({ data: JSON.stringify(response) });
  }

  ready() {
    this.say({ Ready: MODEL });
  }

  /** Answers the last question. */
  answer() {
    const { sequence, text, precise } = this.heard.findLast((request) => request.Classify).Classify;
    const classification = { tokens: text.length, truncated: false, tasks: this.tasks };
    this.say({ Answer: { sequence, milliseconds: 1, is_precise: precise || this.isAlwaysPrecise, classification, words: [] } });
  }

  /** Explains the text that was asked about last, by one word. */
  explain() {
    const { sequence } = this.heard.findLast((request) => request.Explain).Explain;
    this.say({ Explained: { sequence, words: [{ start: 0, end: 1, effect: 0.5 }] } });
  }

  /** The texts of all questions so far. */
  get questions() {
    return this.heard.filter((request) => request.Classify).map((request) => request.Classify.text);
  }
}

/** Makes fake workers, and has them at hand. */
export const fakes = () => {
  /** @type {FakeWorker[]} */
  const workers = [];
  const createWorker = (/** @type {string} */ script) => {
    const worker = new FakeWorker(script);
    workers.push(worker);
    return /** @type {any} */ (worker);
  };
  return { workers, createWorker };
};

/** All that promises have to do. */
export const settled = async () => {
  for (let i = 0; i < 20; i += 1) await null;
};
