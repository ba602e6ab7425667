// What goes wrong with an engine, and what may help.

/** @import { FailureKind, Load } from "./protocol" */

/** Why an engine has ended or could not begin, or why it cannot answer. The message is a sentence for people. */
export class Failure extends Error {
  /**
   * @param {FailureKind} kind
   * @param {string} sentence
   */
  constructor(kind, sentence) {
    super(sentence);
    this.name = "Failure";
    this.kind = kind;
  }
}

/** The build of the engine that every browser runs: what is started after another one has failed. */
export const BASELINE = "worker";

/**
 * How to start the next engine after a `failure`: what came over a lost connection is asked for again as it was, a bundle that is no
 * good without the browser's HTTP cache, and an engine that has stopped gives its place to the build that every browser runs.
 *
 * @template {{ build?: string, fresh?: boolean }} Options
 * @param {Options} options how the one before it was started
 * @param {Failure} failure
 * @returns {Options}
 */
export const remedied = (options, { kind }) => {
  switch (kind) {
    case "model":
      return { ...options, fresh: true };
    case "engine":
      return { ...options, build: BASELINE, fresh: true };
    default:
      return options;
  }
};

/** @returns what a promise is rejected with whose answer nobody waits for any more */
export const aborted = () => new DOMException("Nobody waits for the answer any more.", "AbortError");
