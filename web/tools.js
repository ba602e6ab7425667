// What the page asks of the browser beside its session, got when it is first needed.

import { BUNDLE, BYTES } from "./place.js";

/** @import { EngineOptions } from "./engine.js" */

export class Tools {
  #options;
  /** @type {ReturnType<typeof import("./journal.js").openJournal> | undefined} */
  #journal;

  /** @param {EngineOptions} options how engines are started */
  constructor(options) {
    this.#options = options;
  }

  /** How many bytes engine and model take at first, if the bundle is the site's own. */
  get bytes() {
    return this.#options.bundle === BUNDLE ? BYTES : undefined;
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
