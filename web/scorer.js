// Scores the rows of a file for the page, which has the rows: they are asked for as they are needed.

import { Failure, aborted } from "./failure.js";
import { Pool } from "./pool.js";

/** @import { EngineOptions } from "./engine.js" */
/** @import { Outcome } from "./pool.js" */

/** Held while a file is scored: browsers do not put a page to sleep that holds a lock. */
const LOCK = "undertone: a file is being scored";

export class Scorer {
  #pool;
  #cancelled = new AbortController();

  /** @param {EngineOptions} [options] */
  constructor(options) {
    this.#pool = new Pool(undefined, options);
  }

  /**
   * Loads the model, and scores what `more` gives until it gives nothing more.
   *
   * @param {string} sha256 the model that the scores have to be of
   * @param {() => Promise<string[] | undefined>} more
   * @param {(place: number, scores: string | undefined, sentence: string | undefined) => void} deliver hears of each text by its place among
   *   all that came: its scores as JSON, or why there are none
   */
  async run(sha256, more, deliver) {
    const { signal } = this.#cancelled;
    const tell = (/** @type {number} */ place, /** @type {Outcome} */ outcome) => {
      if (signal.aborted) return;
      if (outcome instanceof Failure) deliver(place, undefined, outcome.message);
      else deliver(place, JSON.stringify(outcome), undefined);
    };
    await awake(async () => {
      const model = await this.#pool.load();
      if (model.sha256 !== sha256) throw new Failure("build", "The site has another model by now. Reload the page.");
      await this.#pool.stream(more, { signal, deliver: tell });
    });
  }

  /** Ends it, for good. Who waits is told that it was stopped. */
  stop() {
    this.#cancelled.abort(aborted());
    this.#pool.stop();
  }
}

/** @param {() => Promise<void>} work */
const awake = (work) =>
  "locks" in navigator ? navigator.locks.request(LOCK, { mode: "shared" }, work) : work();
