// What `import { load } from "undertone"` gives: one engine, asked as programs ask.

import { Engine } from "../engine.js";
import { Failure, remedied } from "../failure.js";
import { lack } from "../lack.js";
import { placed } from "../place.js";

/** @import { BootOptions } from "../boot.js" */
/** @import { EngineOptions } from "../engine.js" */
/** @import { Model, Reason, Scores, Task } from "../protocol" */

export { Failure };

/**
 * @typedef {object} LoadOptions
 * @property {string} [base] the address of the folder that has the package's folders `wasm` and `models`, where a bundler has taken these scripts
 *   away from them
 * @property {string} [model] the name of a folder in `models`; the package's own if there is none
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

const LOAD_OPTIONS = ["base", "model", "build", "createWorker", "signal", "onProgress"];
const CLASSIFY_OPTIONS = ["signal"];

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
  const { base, model = "undertone", build, createWorker, signal, onProgress } = options;
  signal?.throwIfAborted();
  if (!/^[\w-]+$/.test(model)) throw new TypeError(`“${model}” is no model's name: give the name of a folder in models.`);
  const lacking = lack();
  if (lacking) throw new Failure("engine", lacking);
  const { folder, models } = placed(base);
  const undertone = new Undertone({
    folder,
    bundle: `${models}${model}/`,
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
      classified.push(...(await this.#inLine(list.slice(start, start + CHUNK), options.signal)));
    }
    return /** @type {any} */ (typeof texts === "string" ? classified[0] : classified);
  }

  /** Ends the engine and gives its memory back. */
  dispose() {
    this.#isDisposed = true;
    this.#engine?.stop();
    this.#engine = undefined;
  }

  /**
   * @param {string[]} texts
   * @param {AbortSignal} [signal]
   * @returns {Promise<Classified[]>}
   */
  #inLine(texts, signal) {
    const scored = this.#line.then(async () => {
      if (this.#isDisposed) throw new Failure("engine", "This engine was disposed of: load another one.");
      signal?.throwIfAborted();
      const engine = this.#started();
      try {
        const model = await engine.load();
        return (await engine.score(texts, { signal })).map((scores) => named(model.tasks, scores));
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
    this.#line = scored.catch(() => {});
    return scored;
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
