// An engine for the tests of pages that embed this one: it answers at once, what it is told to, and fetches nothing but the manifest.

import { Failure } from "./failure.js";
import { BUNDLE } from "./place.js";

/** @import { EngineOptions } from "./engine.js" */
/** @import { Answer, FailureKind, Model } from "./protocol" */
/** @import { Asked } from "./shared.js" */

const KINDS = ["network", "model", "engine", "build", "policy"];

/**
 * @param {string} wish the probability that all labels have, as `0.9`, or the kind of failure with which the engine ends, as `network`
 * @returns {(options: EngineOptions) => Asked}
 * @throws {RangeError} it is neither
 */
export const mock = (wish) => {
  const probability = Number(wish);
  if (KINDS.includes(wish)) return (options) => new Mock(options, new Failure(/** @type {FailureKind} */ (wish), `This is a mock: ${wish}.`));
  if (wish !== "" && probability >= 0 && probability <= 1) return (options) => new Mock(options, probability);
  throw new RangeError(`“${wish}” is nothing that a mock can do: give a probability from 0 to 1, or one of ${KINDS.join(", ")}.`);
};

class Mock {
  #options;
  #outcome;
  /** @type {Model | undefined} */
  #model;

  /**
   * @param {EngineOptions} options
   * @param {number | Failure} outcome
   */
  constructor(options, outcome) {
    this.#options = options;
    this.#outcome = outcome;
  }

  /** @returns {Promise<Model>} */
  async load() {
    if (this.#outcome instanceof Failure) throw this.#outcome;
    const response = await fetch(`${this.#options.bundle ?? BUNDLE}manifest.json`);
    const { name, licence, description = "", max_tokens, tasks } = await response.json();
    const model = { name, licence, description, sha256: "mock", max_tokens, tasks, examples: [], documents: [], build: "mock", is_kept: false };
    model.tasks = model.tasks.filter((/** @type {{ unit?: string }} */ { unit }) => unit !== "token");
    this.#model = model;
    return model;
  }

  /** @param {string} text @returns {Promise<Answer>} */
  async classify(text) {
    const probability = Number(this.#outcome);
    const tasks = (this.#model?.tasks ?? []).map(({ name, kind, labels }) => ({
      task: name,
      kind,
      labels: labels.map(({ name, threshold = 0.5 }) => ({ label: name, probability, threshold })),
    }));
    const tokens = text.split(/\s+/).length;
    return { sequence: 0, milliseconds: 0, is_precise: true, classification: { tokens, truncated: false, tasks }, words: [] };
  }

  async explain() {
    return [];
  }

  /** @returns {Promise<string>} */
  async document() {
    throw new Failure("text", "This is a mock: it has no documents.");
  }

  stop() {}
}
