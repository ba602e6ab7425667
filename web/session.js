// One text that changes while it is typed, and an engine that is started again when it fails.
//
// One question is out at a time. What is typed meanwhile waits, only ever the newest of it, and goes out the moment the answer is in: so
// the worker is never idle while there is something to say, and never busy with what nobody waits for. An answer to a text that has been
// typed over is still told, since on a slow machine a fast typist would see nothing until the end otherwise; an answer to a text that
// has been deleted is not.
//
// While somebody types the quick answer counts. When typing pauses the precise one settles it: the number that stays is the same in every
// browser. The pause has to be longer for long texts, as what has begun cannot be interrupted. When the text still stands a while later, and
// somebody can see it, its words are explained, and that ends with the next change.

import { Engine } from "./engine.js";
import { explicable } from "./explicable.js";
import { BASELINE, Failure, aborted, remedied } from "./failure.js";

/** @import { EngineOptions } from "./engine.js" */
/** @import { Asked } from "./shared.js" */
/** @import { Answer, Explanation, Model, Status, Thresholds, Update } from "./protocol" */

/**
 * @typedef {EngineOptions & { text?: string, reload?: (text: string) => void, retryAfter?: number, settleAfter?: number,
 *   explainAfter?: number, startEngine?: (options: EngineOptions) => Asked }} SessionOptions
 *   `text` is what is there to begin with, `reload` gets the whole page anew but for the text, `retryAfter` is how many milliseconds a
 *   lost connection is left alone, after `settleAfter` without a change a text is settled, and after `explainAfter` more it is explained,
 *   unless that is infinite; `startEngine` gives the session an engine that is not its own alone
 */

const RETRY_AFTER = 1000;
const SETTLE_AFTER = 300;
const EXPLAIN_AFTER = 400;

/** For each token so many milliseconds longer. */
const LONGER = 1;

/** So often in a row an engine that did work is replaced without a word to anybody: once by its like, once by the slower build. */
const SILENT_MENDS = 2;

export class Session {
  #options;
  /** How the engine is started: not as at first where something has failed. @type {EngineOptions} */
  #engineOptions;
  /** @type {Asked | undefined} */
  #engine;
  /** The engine of another model, until that is loaded. @type {Asked | undefined} */
  #next;
  /** @type {Set<(update: Update) => void>} */
  #listeners = new Set();
  /** @type {Status} */
  #status = "Waiting";
  /** @type {Model | undefined} */
  #model;
  /** The last answer, what it is about, and what its words do. @type {{ answer: Answer, text: string, explained?: Explanation[] } | undefined} */
  #answered;
  /** Ends the explanation that is on its way. @type {AbortController | undefined} */
  #explaining;
  #newest;
  /** From where on labels count, where that is not as the bundle says. @type {Thresholds} */
  #thresholds = {};
  #isAsking = false;
  #mends = 0;
  #retries = 0;
  /** @type {Failure | undefined} */
  #failure;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #pause;
  /** When the text has changed last. */
  #changed = 0;

  /** @param {SessionOptions} [options] */
  constructor({
    text = "",
    reload,
    retryAfter = RETRY_AFTER,
    settleAfter = SETTLE_AFTER,
    explainAfter = EXPLAIN_AFTER,
    startEngine = (options) => new Engine(options),
    ...engineOptions
  } = {}) {
    this.#options = { reload, retryAfter, settleAfter, explainAfter, startEngine };
    this.#engineOptions = engineOptions;
    this.#newest = text;
    globalThis.addEventListener?.("online", this.#reconnect);
    globalThis.document?.addEventListener("visibilitychange", this.#look);
  }

  /** The text as it stands. */
  get text() {
    return this.#newest;
  }

  /** Where the model is from: what other engines need for the same. */
  get source() {
    const { bundle, sha256, files } = this.#engineOptions;
    return { bundle, sha256, files };
  }

  /** Starts the engine, if nobody has. */
  start() {
    if (!this.#engine) this.#begin();
  }

  /**
   * From now on `hear` is told everything, and now what there is to tell.
   *
   * @param {(update: Update) => void} hear
   * @returns {() => void} ends that
   */
  listen(hear) {
    this.#listeners.add(hear);
    hear({ Status: this.#status });
    if (this.#model) hear({ Model: this.#model });
    if (this.#answered) hear(this.#shown(this.#answered));
    if (this.#answered?.explained) hear({ Explained: this.#answered.explained });
    return () => this.#listeners.delete(hear);
  }

  /**
   * The text is now this one.
   *
   * @param {string} text
   */
  say(text) {
    if (text !== this.#newest) this.#leaveUnexplained();
    this.#newest = text;
    this.#changed = Date.now();
    if (isBlank(text)) {
      this.#answered = undefined;
      this.#tell("Blank");
    } else if (this.#answered && this.#answered.text !== text) {
      this.#tell("Changed");
    } else if (this.#answered) {
      this.#tell(this.#shown(this.#answered));
      if (this.#answered.explained) this.#tell({ Explained: this.#answered.explained });
    }
    this.#ask();
  }

  /**
   * Which words of another text did it, where something was found in it. What is typed comes first: this is rejected where it would have to
   * wait, or a later text overtakes it.
   *
   * @param {string} text
   * @returns {Promise<string>} the answers of the tasks about words, as JSON
   */
  async words(text) {
    const engine = this.#engine;
    if (!engine || this.#status !== "Ready" || this.#isAsking) throw aborted();
    const { words } = await engine.classify(text, { words: true });
    return JSON.stringify(words);
  }

  /**
   * From now on labels count from thresholds of somebody's own.
   *
   * @param {Thresholds} thresholds by the names of task and label; other labels count as the bundle says
   */
  decide(thresholds) {
    this.#thresholds = thresholds;
    if (!this.#answered) return;
    this.#leaveUnexplained();
    this.#answered = undefined;
    this.#tell("Changed");
    this.#ask();
  }

  /**
   * One of the documents of the model.
   *
   * @param {string} name
   * @returns {Promise<string>}
   */
  async document(name) {
    if (!this.#engine) throw aborted();
    return this.#engine.document(name);
  }

  /**
   * Has another model answer, once it is loaded; until then, and if it cannot be, the one that there is goes on. The text stays.
   *
   * @param {Pick<EngineOptions, "bundle" | "sha256" | "files">} source a bundle of the server's, or files of somebody's own
   * @returns {Promise<void>} rejects with what is wrong with it
   */
  async use({ bundle, sha256, files }) {
    const options = { ...this.#engineOptions, bundle, sha256, files, fresh: false };
    this.#next?.stop();
    const engine = this.#startEngine(options);
    this.#next = engine;
    const model = await engine.load();
    if (engine !== this.#next) throw aborted();
    this.#next = undefined;
    this.#leaveUnexplained();
    clearTimeout(this.#timer);
    this.#engine?.stop();
    this.#engine = engine;
    this.#engineOptions = options;
    this.#isAsking = false;
    this.#mends = 0;
    this.#failure = undefined;
    this.#answered = undefined;
    this.#tell("Blank");
    this.#ready(engine, model);
  }

  /** Does what may help after a failure. The text stays. */
  retry() {
    if (this.#failure?.kind === "build" && this.#options.reload) return this.#options.reload(this.#newest);
    if (this.#failure) this.#engineOptions = remedied(this.#engineOptions, this.#failure);
    this.#retries = this.#mends = 0;
    this.#begin();
  }

  /** Ends it, for good. */
  stop() {
    globalThis.removeEventListener?.("online", this.#reconnect);
    globalThis.document?.removeEventListener("visibilitychange", this.#look);
    this.#leaveUnexplained();
    this.#listeners.clear();
    clearTimeout(this.#timer);
    clearTimeout(this.#pause);
    this.#next?.stop();
    this.#engine?.stop();
    this.#next = this.#engine = undefined;
  }

  /** A lost connection is there again. */
  #reconnect = () => {
    if (this.#failure?.kind === "network") this.retry();
  };

  /** Somebody looks at the page again. */
  #look = () => this.#ask();

  #leaveUnexplained() {
    this.#explaining?.abort();
    this.#explaining = undefined;
  }

  /** @param {EngineOptions} options @returns {Asked} */
  #startEngine(options) {
    /** @type {Asked} */
    const engine = this.#options.startEngine({ ...options, tell: (status) => engine === this.#engine && this.#stands(status) });
    return engine;
  }

  #begin() {
    this.#leaveUnexplained();
    clearTimeout(this.#timer);
    this.#failure = undefined;
    // The old worker ends before the new one takes its memory.
    this.#engine?.stop();
    this.#isAsking = false;
    const engine = this.#startEngine(this.#engineOptions);
    this.#engine = engine;
    engine.load().then(
      (model) => this.#ready(engine, model),
      (reason) => this.#failed(engine, reason, false),
    );
  }

  /**
   * @param {Asked} engine
   * @param {Model} model
   */
  #ready(engine, model) {
    if (engine !== this.#engine) return;
    this.#retries = 0;
    this.#model = model;
    this.#tell({ Model: model });
    this.#stands("Ready");
    this.#ask();
  }

  #ask() {
    clearTimeout(this.#pause);
    const [engine, text] = [this.#engine, this.#newest];
    if (!engine || this.#status !== "Ready" || this.#isAsking || isBlank(text)) return;
    const answer = this.#answered?.text === text ? this.#answered.answer : undefined;
    const isSettled = answer?.is_precise ?? false;
    if (isSettled && (this.#answered?.explained || this.#explaining || !this.#mayExplain)) return;
    // Where the clock was set back the text stands from then on.
    this.#changed = Math.min(this.#changed, Date.now());
    const early = answer ? this.#settles(answer) + (isSettled ? this.#options.explainAfter : 0) - Date.now() : 0;
    if (early > 0) {
      this.#pause = setTimeout(() => this.#ask(), early);
      return;
    }
    if (answer && isSettled) return void this.#explain(engine, answer, text);
    this.#isAsking = true;
    const thresholds = this.#thresholds;
    engine.classify(text, { words: true, precise: answer !== undefined, thresholds }).then(
      (answer) => this.#hear(engine, answer, text, thresholds),
      (reason) => this.#failed(engine, reason, true),
    );
  }

  get #mayExplain() {
    return this.#options.explainAfter < Infinity && !globalThis.document?.hidden;
  }

  /** When the text that `answer` is about has stood for long enough. @param {Answer} answer */
  #settles({ classification: { tokens } }) {
    return this.#changed + this.#options.settleAfter + tokens * LONGER;
  }

  /**
   * @param {Asked} engine
   * @param {Answer} answer
   * @param {string} text
   * @param {Thresholds} thresholds
   */
  #hear(engine, answer, text, thresholds) {
    if (engine !== this.#engine) return;
    this.#isAsking = false;
    this.#mends = 0;
    // What was decided by other thresholds is asked once more.
    if (!isBlank(this.#newest) && thresholds === this.#thresholds) {
      this.#answered = { answer, text };
      this.#tell(this.#shown(this.#answered));
    }
    this.#ask();
  }

  /**
   * Tells what the words of `text` do, if it stands for as long as that takes.
   *
   * @param {Asked} engine
   * @param {Answer} answer
   * @param {string} text
   */
  async #explain(engine, answer, text) {
    const explaining = new AbortController();
    this.#explaining = explaining;
    try {
      /** @type {Explanation[]} */
      const explained = [];
      for (const of of explicable(this.#model, answer)) {
        explained.push({ ...of, words: await engine.explain(text, { ...of, signal: explaining.signal }) });
      }
      if (this.#answered?.text !== text || explaining.signal.aborted) return;
      this.#answered.explained = explained;
      this.#tell({ Explained: explained });
    } catch (reason) {
      if (explaining.signal.aborted) return;
      // A text that cannot be explained is answered all the same, and not explained again: by the next engine neither, if this one has ended.
      if (this.#answered?.text === text) this.#answered.explained = [];
      if (!(reason instanceof Failure && reason.kind === "text")) this.#failed(engine, reason, true);
    } finally {
      if (this.#explaining === explaining) this.#explaining = undefined;
    }
  }

  /**
   * @param {Asked} engine
   * @param {unknown} reason
   * @param {boolean} didWork
   */
  #failed(engine, reason, didWork) {
    if (engine !== this.#engine) return;
    const failure = reason instanceof Failure ? reason : new Failure("engine", String(reason));
    if (failure.kind === "engine" && didWork && this.#mends < SILENT_MENDS) {
      this.#mends += 1;
      if (this.#mends === SILENT_MENDS) this.#engineOptions = { ...this.#engineOptions, build: BASELINE };
      return this.#begin();
    }
    if (failure.kind === "network" && this.#retries === 0) {
      this.#retries += 1;
      this.#timer = setTimeout(() => this.#begin(), this.#options.retryAfter);
      return;
    }
    this.#failure = failure;
    engine.stop();
    this.#answered = undefined;
    this.#tell("Blank");
    this.#stands({ Failed: { kind: failure.kind, sentence: failure.message } });
  }

  /** @param {{ answer: Answer, text: string }} answered @returns {Update} */
  #shown({ answer, text }) {
    return { Answer: { answer, is_current: text === this.#newest } };
  }

  /** @param {Status} status */
  #stands(status) {
    this.#status = status;
    this.#tell({ Status: status });
  }

  /** @param {Update} update */
  #tell(update) {
    for (const hear of this.#listeners) hear(update);
  }
}

/** Whether there is nothing in `text` to have a tone. @param {string} text */
const isBlank = (text) => text.trim() === "";
