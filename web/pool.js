// Several engines that share lists of texts.

import { chunked, halved } from "./chunks.js";
import { Engine } from "./engine.js";
import { BASELINE, Failure, aborted, remedied } from "./failure.js";

/** @import { EngineOptions } from "./engine.js" */
/** @import { Model, Scores } from "./protocol" */

/**
 * What becomes of one text: its scores, or why it has none.
 *
 * @typedef {Scores | Failure} Outcome
 */

/** @typedef {{ precise?: boolean, signal?: AbortSignal }} ScoreOptions */

/** An engine takes 31 MB, so that many cores are no reason for as many engines; and a phone ends pages that take much. */
const MOST_ENGINES = 8;
const MOST_ON_PHONES = 2;

/** From so many gigabytes on memory is no reason for fewer; browsers round what they say of it. */
const MUCH_MEMORY = 8;

/** After so many texts in a row that an engine ended with, it is not the texts that are no good. */
const MOST_SET_ASIDE = 3;

/** How many engines this device is good for: of several cores one is left for the page. */
export const engines = () => {
  const { deviceMemory = MUCH_MEMORY, hardwareConcurrency = 1 } = navigator;
  const isPhone = globalThis.matchMedia?.("(pointer: coarse)").matches;
  const fitting = deviceMemory < MUCH_MEMORY ? Math.ceil(deviceMemory / 2) : MOST_ENGINES;
  const cores = hardwareConcurrency > 2 ? hardwareConcurrency - 1 : hardwareConcurrency;
  return Math.max(1, Math.min(cores, isPhone ? MOST_ON_PHONES : MOST_ENGINES, fitting));
};

export class Pool {
  #seats;
  /** @type {Error | undefined} */
  #failure;

  /**
   * @param {number} [size] how many engines; if there is no number as many as the device is good for
   * @param {EngineOptions} [options]
   */
  constructor(size = engines(), options = {}) {
    this.#seats = Array.from({ length: size }, () => new Seat(options));
  }

  /** How many engines there are, but for those that had to be given up. */
  get size() {
    return this.#seats.length;
  }

  /** @returns {Promise<Model>} resolves when all engines have loaded the model */
  async load() {
    if (this.#failure) throw this.#failure;
    const [model] = await Promise.all(this.#seats.map((seat) => this.#loaded(seat)));
    return model;
  }

  /**
   * What becomes of each of `texts`, in their order. A text that ends its engine or that this cannot read is set aside with a
   * {@link Failure}, and the others go on.
   *
   * @param {string[]} texts
   * @param {{ precise?: boolean, signal?: AbortSignal, deliver?: (place: number, outcome: Outcome) => void }} [options] `precise` as for
   *   {@link Engine.score}; `deliver` hears of each text as soon as its outcome is there
   * @returns {Promise<Outcome[]>} rejects where there is no engine, or with the signal's reason
   */
  async score(texts, { precise, signal, deliver } = {}) {
    const list = new List(texts, deliver);
    while (!list.isDone) {
      signal?.throwIfAborted();
      if (this.#seats.length === 0) throw this.#failure;
      await Promise.all(this.#seats.map((seat) => this.#work(seat, list, { precise, signal })));
    }
    return list.outcomes;
  }

  /** Ends all engines, for good. */
  stop() {
    this.#failure ??= aborted();
    for (const seat of this.#seats.splice(0)) seat.stop();
  }

  /**
   * The first engine brings the model into the browser's store, where the others find it.
   *
   * @param {Seat} seat
   */
  async #loaded(seat) {
    await this.#seats[0]?.load().catch(() => {});
    if (this.#failure) throw this.#failure;
    return seat.load();
  }

  /**
   * Scores chunk after chunk until there are none. An engine that cannot be had leaves its chunk to the others.
   *
   * @param {Seat} seat
   * @param {List} list
   * @param {ScoreOptions} options
   */
  async #work(seat, list, options) {
    for (let chunk = list.next(); chunk; chunk = list.next()) {
      try {
        await this.#loaded(seat);
      } catch (reason) {
        list.giveBack(chunk);
        return this.#dismiss(seat, reason);
      }
      try {
        list.take(chunk, await seat.score(chunk.map((place) => list.texts[place]), options));
      } catch (reason) {
        if (!(reason instanceof Failure)) {
          list.end();
          throw reason;
        }
        list.doubt(chunk, reason);
      }
    }
  }

  /**
   * @param {Seat} seat
   * @param {unknown} reason
   */
  #dismiss(seat, reason) {
    seat.stop();
    this.#seats = this.#seats.filter((other) => other !== seat);
    if (this.#seats.length === 0) this.#failure ??= /** @type {Error} */ (reason);
  }
}

/** An engine, or the one that took over when it failed. */
class Seat {
  #options;
  #engine;
  /** @type {Promise<Model> | undefined} */
  #loaded;
  /** How many engines in a row have ended without having scored anything. */
  #deaths = 0;

  /** @param {EngineOptions} options */
  constructor(options) {
    this.#options = options;
    this.#engine = new Engine(options);
  }

  load() {
    this.#loaded ??= this.#engine.load().catch((reason) => {
      if (!(reason instanceof Failure)) throw reason;
      this.#replace(remedied(this.#options, reason));
      return this.#engine.load();
    });
    return this.#loaded;
  }

  /**
   * Rejects with a {@link Failure} if the engine has ended, after which there is another one, or refuses a text.
   *
   * @param {string[]} texts
   * @param {ScoreOptions} options
   */
  async score(texts, options) {
    try {
      const scores = await this.#engine.score(texts, options);
      this.#deaths = 0;
      return scores;
    } catch (reason) {
      if (reason instanceof Failure && reason.kind !== "text") {
        this.#deaths += 1;
        this.#replace(this.#deaths > 1 ? { ...this.#options, build: BASELINE } : this.#options);
        this.#loaded = undefined;
      }
      throw reason;
    }
  }

  stop() {
    this.#engine.stop();
  }

  /** @param {EngineOptions} options */
  #replace(options) {
    // The old engine ends before the new one takes its memory.
    this.#engine.stop();
    this.#options = options;
    this.#engine = new Engine(options);
  }
}

/** The texts that are to be scored, and what has become of them so far. */
class List {
  #chunks;
  #left;
  #deliver;
  #setAsideInARow = 0;
  /** @type {Outcome[]} */
  outcomes;

  /**
   * @param {string[]} texts
   * @param {((place: number, outcome: Outcome) => void) | undefined} deliver
   */
  constructor(texts, deliver) {
    this.texts = texts;
    this.outcomes = new Array(texts.length);
    this.#chunks = chunked(texts);
    this.#left = texts.length;
    this.#deliver = deliver;
  }

  get isDone() {
    return this.#left === 0;
  }

  /** The places of the texts that are to be scored next; none if there are none. */
  next() {
    return this.#chunks.pop();
  }

  /** @param {number[]} chunk */
  giveBack(chunk) {
    this.#chunks.push(chunk);
  }

  /** Nobody waits any more. */
  end() {
    this.#chunks.length = 0;
  }

  /**
   * @param {number[]} chunk
   * @param {Scores[]} scores
   */
  take(chunk, scores) {
    this.#setAsideInARow = 0;
    chunk.forEach((place, index) => this.#put(place, scores[index]));
  }

  /**
   * Of `chunk` at least one text is no good: looks for it.
   *
   * @param {number[]} chunk
   * @param {Failure} reason
   */
  doubt(chunk, reason) {
    if (chunk.length > 1) return this.#chunks.push(...halved(chunk));
    this.#put(chunk[0], reason);
    if (reason.kind === "text") return;
    this.#setAsideInARow += 1;
    if (this.#setAsideInARow < MOST_SET_ASIDE) return;
    this.end();
    throw reason;
  }

  /**
   * @param {number} place
   * @param {Outcome} outcome
   */
  #put(place, outcome) {
    this.outcomes[place] = outcome;
    this.#left -= 1;
    this.#deliver?.(place, outcome);
  }
}
