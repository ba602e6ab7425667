// Shows what a session tells in a gauge, and tells it on as the events that pages hear: of a frame's field (frame.js) and of an element of the
// page's own (meter.js).

/** @import { Gauge } from "./gauge.js" */
/** @import { FailureKind, Model, Update } from "./protocol" */
/** @import { Judge } from "./verdict.js" */

/** @typedef {{ retry: () => void, stop: () => void }} Asked what a session is asked for */

export class Teller {
  #gauge;
  #judge;
  #tell;
  #asked;
  /** @type {Model | undefined} */
  #model;
  /** The labels that were told to be present, last. */
  #told = "";

  /**
   * @param {Gauge} gauge
   * @param {Judge} judge
   * @param {(event: string, detail: unknown) => void} tell
   * @param {Asked} asked
   */
  constructor(gauge, judge, tell, asked) {
    this.#gauge = gauge;
    this.#judge = judge;
    this.#tell = tell;
    this.#asked = asked;
  }

  /** @param {Update} update */
  hear(update) {
    if (update === "Blank") {
      this.#gauge.clear();
      this.#tellVerdict([]);
    } else if (update === "Changed") {
      this.#gauge.behind();
    } else if ("Status" in update) {
      this.#gauge.stands(update.Status, this.#asked.retry);
      if (typeof update.Status === "object" && "Failed" in update.Status) this.#tell("error", update.Status.Failed);
    } else if ("Model" in update) {
      this.#know(update.Model);
    } else if ("Answer" in update && this.#model) {
      const { answer, is_current } = update.Answer;
      const verdict = this.#judge.verdict(this.#model, answer);
      this.#gauge.show(verdict);
      if (!is_current) return this.#gauge.behind();
      this.#tell("score", { ...verdict, precise: answer.is_precise });
      this.#tellVerdict(verdict.present);
    }
  }

  /** Says that there will be nothing, and why. @param {FailureKind} kind @param {string} sentence */
  refuse(kind, sentence) {
    this.#gauge.say(sentence);
    this.#tell("error", { kind, sentence });
  }

  /** @param {Model} model */
  #know(model) {
    try {
      this.#judge.check(model);
    } catch (reason) {
      // Nobody needs what cannot be judged.
      this.#asked.stop();
      return this.refuse("text", /** @type {Error} */ (reason).message);
    }
    this.#model = model;
    const { name, sha256, licence } = model;
    this.#tell("ready", { model: name, sha256, licence });
  }

  /** Tells what is present, where that has changed. @param {string[]} present */
  #tellVerdict(present) {
    if (present.join() === this.#told) return;
    this.#told = present.join();
    this.#tell("verdict", { present, flagged: present.length > 0 });
  }
}
