// What `import { load } from "undertone"` gives: one engine, asked as programs ask.

import { Engine } from "../engine.js";
import { Failure, remedied } from "../failure.js";
import { lack } from "../lack.js";
import { placed } from "../place.js";

/** @import { BootOptions } from "../boot.js" */
/** @import { EngineOptions } from "../engine.js" */
/** @import { Model, Reason, Scores, Task, WordEffect } from "../protocol" */

export { Failure };

/**
 * @typedef {object} LoadOptions
 * @property {string} [base] the address of the folder that has the package's folders `wasm` and `models`, where a bundler has taken these scripts
 *   away from them
 * @property {string} [model] the name of a folder in `models`; the package's own if there is none
 * @property {string} [sha256] the SHA-256 of the model's manifest.json, as `model.sha256` has it: another model is refused
 * @property {"worker" | "worker_relaxed"} [build] the engine's build; the fastest that runs if there is none
 * @property {() => Worker} [createWorker] starts a worker with the package's file `undertone/worker`, where a policy forbids workers of a `blob:`
 * @property {AbortSignal} [signal] ends the loading
 * @property {(progress: { received: number, total: number }) => void} [onProgress] hears how many bytes of the model are here
 */

/**
 * @typedef {object} Classified
 * @property {number} tokens how many tokens the model read
 * @property {boolean} truncated whether only the beginning was read
 * @property {Reason} [reason] why there is nothing to judge by, if there is not
 * @property {{ task: string, labels: { label: string, probability: number, threshold: number }[] }[]} tasks the probabilities, 0 to 1, and from which
 *   on a label counts as present
 */

const LOAD_OPTIONS = ["base", "model", "sha256", "build", "createWorker", "signal", "onProgress"];
const CLASSIFY_OPTIONS = ["signal"];
const EXPLAIN_OPTIONS = ["task", "label", "signal"];

/** A list goes to the engine so many texts at a time, so that what comes later need not wait for all of it. */
const CHUNK = 64;

/**
 * Starts an engine and loads the model.
 *
 * @param {LoadOptions} [options]
 * @returns {Promise<Undertone>}
 * @throws {Failure} its `kind` says what kind of thing is wrong, and its message what, and what to do
 * @throws {TypeError} there is no such option
 */
export const load = async (options = {}) => {
  check("load", options, LOAD_OPTIONS);
  const { base, model = "undertone", sha256, build, createWorker, signal, onProgress } = options;
  signal?.throwIfAborted();
  if (!/^[\w-]+$/.test(model)) throw new TypeError(`“${model}” is no model's name: give the name of a folder in models.`);
  const lacking = lack();
  if (lacking) throw new Failure("engine", lacking);
  const { folder, models } = placed(base);
  const undertone = new Undertone({
    folder,
    bundle: `${models}${model}/`,
    sha256,
    build,
    createWorker: createWorker && ((_script, boot) => started(createWorker(), boot)),
    tell: (status) => typeof status === "object" && "Fetching" in status && onProgress?.(status.Fetching),
  });
  const leave = () => undertone.dispose();
  signal?.addEventListener("abort", leave, { once: true });
  try {
    await undertone.load();
  } catch (reason) {
    undertone.dispose();
    throw signal?.aborted ? signal.reason : reason;
  } finally {
    signal?.removeEventListener("abort", leave);
  }
  return undertone;
};

/** A loaded model. Questions are answered in their order. */
export class Undertone {
  /** @type {EngineOptions} */
  #options;
  /** @type {Engine | undefined} */
  #engine;
  /** @type {Model | undefined} */
  #model;
  /** Settles when whoever asked last has been answered. @type {Promise<unknown>} */
  #line = Promise.resolve();
  #isDisposed = false;

  /** @param {EngineOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** The model's name, the SHA-256 of its manifest, and its licence: what scores are to be named after. */
  get model() {
    const { name, sha256, licence } = /** @type {Model} */ (this.#model);
    return { name, sha256, licence };
  }

  /** What the model classifies. @returns {Task[]} */
  get tasks() {
    return /** @type {Model} */ (this.#model).tasks;
  }

  async load() {
    this.#model = await this.#started().load();
  }

  /**
   * What the model says of a text, or of each of several in their order.
   *
   * @template {string | string[]} Texts
   * @param {Texts} texts
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Texts extends string ? Classified : Classified[]>}
   */
  async classify(texts, options = {}) {
    check("classify", options, CLASSIFY_OPTIONS);
    const list = typeof texts === "string" ? [texts] : texts;
    if (!Array.isArray(list) || list.some((text) => typeof text !== "string")) {
      throw new TypeError("classify takes a text or an array of texts.");
    }
    /** @type {Classified[]} */
    const classified = [];
    for (let start = 0; start < list.length; start += CHUNK) {
      const some = list.slice(start, start + CHUNK);
      const scores = await this.#inLine((engine) => engine.score(some, options), options.signal);
      classified.push(...scores.map((scores) => named(this.tasks, scores)));
    }
    return /** @type {any} */ (typeof texts === "string" ? classified[0] : classified);
  }

  /**
   * What words of a text do to a label: how much higher its logit is with the word than without. Places are UTF-16 units.
   *
   * @param {string} text
   * @param {{ task?: string, label?: string, signal?: AbortSignal }} [options] the model's first task, and its first label, if nothing is said
   * @returns {Promise<WordEffect[]>}
   */
  async explain(text, options = {}) {
    check("explain", options, EXPLAIN_OPTIONS);
    if (typeof text !== "string") throw new TypeError("explain takes a text.");
    const { task = this.tasks[0].name, label, signal } = options;
    const of = this.tasks.findIndex(({ name }) => name === task);
    if (of < 0) throw new TypeError(`The model has no task “${task}”: it has ${this.tasks.map(({ name }) => name).join(", ")}.`);
    const labels = this.tasks[of].labels.map(({ name }) => name);
    const place = label === undefined ? 0 : labels.indexOf(label);
    if (place < 0) throw new TypeError(`The task ${task} has no label “${label}”: it has ${labels.join(", ")}.`);
    return this.#inLine((engine) => engine.explain(text, { task: of, label: place, signal }), signal);
  }

  /**
   * The answer to a request of the Perspective API's `comments:analyze`, as `undertone serve` gives it (docs/PERSPECTIVE.md).
   *
   * @param {any} request
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<any>}
   * @throws {Error} the API's own: `code`, `message`, `status` and `details`
   */
  async analyze(request, options = {}) {
    check("analyze", options, CLASSIFY_OPTIONS);
    const { code, body } = await this.#inLine((engine) => engine.analyze(request, options), options.signal);
    const answer = JSON.parse(body);
    if (code === 200) return answer;
    throw Object.assign(new Error(answer.error.message), answer.error);
  }

  /** Ends the engine and gives its memory back. */
  dispose() {
    this.#isDisposed = true;
    this.#engine?.stop();
    this.#engine = undefined;
  }

  /**
   * Asks the engine when all that was asked before is answered.
   *
   * @template T
   * @param {(engine: Engine) => Promise<T>} ask
   * @param {AbortSignal} [signal]
   * @returns {Promise<T>}
   */
  #inLine(ask, signal) {
    const answered = this.#line.then(async () => {
      if (this.#isDisposed) throw new Failure("engine", "This engine was disposed of: load another one.");
      signal?.throwIfAborted();
      const engine = this.#started();
      try {
        await engine.load();
        return await ask(engine);
      } catch (reason) {
        // The next question finds another engine.
        if (reason instanceof Failure && reason.kind !== "text" && this.#engine === engine) {
          engine.stop();
          this.#options = remedied(this.#options, reason);
          this.#engine = undefined;
        }
        throw reason;
      }
    });
    this.#line = answered.catch(() => {});
    return answered;
  }

  #started() {
    this.#engine ??= new Engine(this.#options);
    return this.#engine;
  }
}

/** @param {Task[]} tasks @param {Scores} scores @returns {Classified} */
const named = (tasks, { tokens, truncated, reason, tasks: probabilities }) => ({
  tokens,
  truncated,
  ...(reason ? { reason } : {}),
  tasks: tasks.map(({ name, labels }, task) => ({
    task: name,
    labels: labels.map((label, index) => ({
      label: label.name,
      probability: probabilities[task][index],
      threshold: label.threshold ?? 0.5,
    })),
  })),
});

/** Has a worker of the package's file begin. @param {Worker} worker @param {BootOptions} options */
const started = (worker, options) => {
  worker.postMessage(options);
  return worker;
};

/** @param {string} called @param {object} options @param {string[]} known */
const check = (called, options, known) => {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new TypeError(`${called} has no option “${unknown}”: it takes ${known.join(", ")}.`);
};
