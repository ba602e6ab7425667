// Engines without the page: one that answers questions, and several that share lists of texts.

// An engine takes 31 MB, so that many cores are no reason for as many engines.
const MOST_ENGINES = 8;

// An engine is given so many texts at once at most, and so many characters unless one text has more: a quarter of a second.
const CHUNK = { texts: 16, characters: 4000 };

// The site's boot script, which the page has in itself. It is fetched once for all engines.
let starter;
const fetchStarter = async (base) => {
  const response = await fetch(`${base}engine.js`);
  if (!response.ok) throw new Error("The engine could not be fetched: engine.js does not arrive from the server.");
  return response.text();
};

// An engine for the site at `base`, in a worker: the fastest that the browser can run, or the given `build`, "worker" or
// "worker_relaxed". `fresh` passes over the browser's HTTP cache.
export class Engine {
  constructor(base, { build, fresh = false } = {}) {
    this.base = new URL(base, document.baseURI).href;
    this.builds = build ? JSON.stringify([build]) : "bestBuilds()";
    this.request = { Load: { bundle: `${this.base}models/undertone/`, fresh } };
    this.sequence = 0;
    this.waiting = new Set();
  }

  // Resolves, when the site's model has been loaded, to what there is to know of it.
  load() {
    this.loaded ??= this.begin();
    return this.loaded;
  }

  // What the engine says of `text`, and in how many milliseconds. A later text overtakes one that has not been begun, which
  // then stays unanswered.
  classify(text, words = false) {
    return this.ask("Classify", { text, words }, "Answer");
  }

  // The scores of `texts`, in their order. A question does not wait for them.
  async score(texts) {
    const { scores } = await this.ask("Score", { texts }, "Scored");
    return scores;
  }

  stop() {
    this.worker?.terminate();
    this.fail(new Error("The engine was stopped."));
  }

  async begin() {
    starter ??= await fetchStarter(this.base);
    const script = new Blob([this.script()], { type: "text/javascript" });
    const address = URL.createObjectURL(script);
    this.listen(new Worker(address));
    try {
      return await this.hear("Ready");
    } finally {
      URL.revokeObjectURL(address);
    }
  }

  script() {
    return `${starter}start(${JSON.stringify(this.base)}, "bench", ${this.builds}, ${JSON.stringify(this.request)});`;
  }

  listen(worker) {
    this.worker = worker;
    worker.onmessage = ({ data }) => this.receive(JSON.parse(data));
    worker.onerror = ({ message }) => this.fail(new Error(message));
  }

  say(request) {
    this.worker.postMessage(JSON.stringify(request));
  }

  ask(request, content, kind) {
    this.sequence += 1;
    if (!this.failure) this.say({ [request]: { sequence: this.sequence, ...content } });
    return this.hear(kind, this.sequence);
  }

  // The next response of this kind, and of this number if there is one.
  hear(kind, sequence) {
    if (this.failure) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => this.waiting.add({ kind, sequence, resolve, reject }));
  }

  receive(response) {
    if (response.Failed) return this.fail(new Error(response.Failed.sentence));
    for (const heard of this.waiting) {
      const content = response[heard.kind];
      if (content === undefined || (heard.sequence && heard.sequence !== content.sequence)) continue;
      this.waiting.delete(heard);
      heard.resolve(content);
    }
  }

  fail(reason) {
    this.failure ??= reason;
    for (const { reject } of this.waiting) reject(reason);
    this.waiting.clear();
  }
}

// Several engines for the site at `base`, as many as there are cores, that share lists of texts.
export class Pool {
  constructor(base, engines = Math.min(navigator.hardwareConcurrency || 1, MOST_ENGINES)) {
    this.seats = Array.from({ length: engines }, () => new Seat(base));
    this.first = this.seats[0];
  }

  // How many engines there are, but for those that had to be given up.
  get size() {
    return this.seats.length;
  }

  // Resolves when all engines have loaded the model.
  async load() {
    const [model] = await Promise.all(this.seats.map((seat) => this.ready(seat)));
    return model;
  }

  // The scores of `texts`, in their order.
  async score(texts) {
    const scores = new Array(texts.length);
    const chunks = chunked(texts);
    while (chunks.length > 0) {
      if (this.seats.length === 0) throw this.failure;
      await Promise.all(this.seats.map((seat) => this.work(seat, chunks, texts, scores)));
    }
    return scores;
  }

  stop() {
    for (const seat of this.seats.splice(0)) seat.stop();
    this.failure ??= new Error("The engines were stopped.");
  }

  // The first engine brings the model into the browser's store, where the others find it.
  async ready(seat) {
    await this.first.load().catch(() => {});
    return seat.load();
  }

  // Scores chunk after chunk until there are none. An engine that cannot be replaced either leaves its chunk to the others.
  async work(seat, chunks, texts, scores) {
    await this.ready(seat).catch(() => {});
    while (chunks.length > 0) {
      const chunk = chunks.pop();
      try {
        const answers = await seat.score(chunk.map((place) => texts[place]));
        chunk.forEach((place, index) => (scores[place] = answers[index]));
      } catch (reason) {
        chunks.push(chunk);
        this.dismiss(seat, reason);
        return;
      }
    }
  }

  dismiss(seat, reason) {
    seat.stop();
    this.seats = this.seats.filter((other) => other !== seat);
    this.failure ??= reason;
  }
}

// An engine, or the one that took over when it failed: as on the page that is the build that runs everywhere.
class Seat {
  constructor(base) {
    this.base = base;
    this.engine = new Engine(base);
    this.replaced = false;
  }

  load() {
    return this.try((engine) => engine.load());
  }

  score(texts) {
    return this.try(async (engine) => {
      await engine.load();
      return engine.score(texts);
    });
  }

  stop() {
    this.replaced = true;
    this.engine.stop();
  }

  async try(work) {
    const { engine } = this;
    try {
      return await work(engine);
    } catch (reason) {
      if (engine === this.engine) this.replace(reason);
      return work(this.engine);
    }
  }

  replace(reason) {
    if (this.replaced) throw reason;
    this.engine.stop();
    this.replaced = true;
    this.engine = new Engine(this.base, { build: "worker", fresh: true });
  }
}

// The places of `texts` in chunks of like length. The longest are last, since they are to be begun first: what decides how
// long the engines wait for each other is the chunk that ends last.
const chunked = (texts) => {
  const places = [...texts.keys()].sort((a, b) => texts[a].length - texts[b].length);
  const chunks = [];
  let room = 0;
  for (const place of places) {
    room -= texts[place].length;
    if (room < 0 || chunks.length === 0 || chunks.at(-1).length === CHUNK.texts) {
      chunks.push([]);
      room = CHUNK.characters - texts[place].length;
    }
    chunks.at(-1).push(place);
  }
  return chunks;
};
