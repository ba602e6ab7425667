// What the page asks of the browser beside its session, got when it is first needed.

/** @import { EngineOptions } from "./engine.js" */

export class Tools {
  #options;
  /** @type {ReturnType<typeof import("./journal.js").openJournal> | undefined} */
  #journal;

  /** @param {EngineOptions} options how engines are started */
  constructor(options) {
    this.#options = options;
  }

  /** @returns what scores a file's rows */
  async scorer() {
    const { Scorer } = await import("./scorer.js");
    return new Scorer(this.#options);
  }

  /** @returns what keeps decisions and scores for when the page is got anew */
  async journal() {
    const { openJournal } = await import("./journal.js");
    this.#journal ??= openJournal();
    return this.#journal;
  }
}
