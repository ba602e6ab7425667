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
    /** @type {Outcome[]} */
    const outcomes = new Array(texts.length);
    const lists = [texts];
    const keep = (/** @type {number} */ place, /** @type {Outcome} */ outcome) => {
      outcomes[place] = outcome;
      deliver?.(place, outcome);
    };
    await this.stream(async () => lists.pop(), { precise, signal, deliver: keep });
    return outcomes;
  }

  /**
   * The same of texts that come list by list, of which none is kept longer than it is needed. While the last of a list are scored the next
   * one is asked for.
   *
   * @param {() => Promise<string[] | undefined>} more gives the next list, when there is one; none at the end
   * @param {ScoreOptions & { deliver: (place: number, outcome: Outcome) => void }} options `deliver` hears of each text by its place
   *   among all that came
   */
  async stream(more, { precise, signal, deliver }) {
    const list = new List(more, deliver);
    while (!list.isDone) {
      signal?.throwIfAborted();
      if (this.#seats.length === 0) throw this.#failure;
      await Promise.all(this.#seats.map((seat) => this.#work(seat, list, { precise, signal })));
    }
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
    for (let chunk = await list.next(); chunk; chunk = await list.next()) {
      options.signal?.throwIfAborted();
      try {
        await this.#loaded(seat);
      } catch (reason) {
        list.giveBack(chunk);
        return this.#dismiss(seat, reason);
      }
      try {
        list.take(chunk, await seat.score(list.texts(chunk), options));
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

/** The texts that are to be scored: those that have come, and where the next ones come from. */
class List {
  #more;
  #deliver;
  /** @type {number[][]} */
  #chunks = [];
  /** Those that wait or are being scored, by their places. @type {Map<number, string>} */
  #texts = new Map();
  #count = 0;
  /** @type {Promise<void> | undefined} */
  #coming;
  #hasEnded = false;
  #setAsideInARow = 0;

  /**
   * @param {() => Promise<string[] | undefined>} more
   * @param {(place: number, outcome: Outcome) => void} deliver
   */
  constructor(more, deliver) {
    this.#more = more;
    this.#deliver = deliver;
  }

  get isDone() {
    return this.#hasEnded && this.#texts.size === 0;
  }

  /** The places of the texts that are to be scored next; none if there are none. */
  async next() {
    while (this.#chunks.length === 0 && !this.#hasEnded) await this.#fetch();
    const chunk = this.#chunks.pop();
    // The last of a list: while it is scored the next list is got. Who waits for that hears of its failure.
    if (this.#chunks.length === 0 && !this.#hasEnded) this.#fetch().catch(() => {});
    return chunk;
  }

  #fetch() {
    this.#coming ??= this.#more().then((texts) => {
      this.#coming = undefined;
      if (!texts) {
        this.#hasEnded = true;
        return;
      }
      const first = this.#count;
      texts.forEach((text, index) => this.#texts.set(first + index, text));
      this.#count += texts.length;
      this.#chunks.unshift(...chunked(texts).map((chunk) => chunk.map((index) => first + index)));
    });
    return this.#coming;
  }

  /** @param {number[]} chunk */
  texts(chunk) {
    return chunk.map((place) => /** @type {string} */ (this.#texts.get(place)));
  }

  /** @param {number[]} chunk */
  giveBack(chunk) {
    this.#chunks.push(chunk);
  }

  /** Nobody waits any more. */
  end() {
    this.#chunks.length = 0;
    this.#hasEnded = true;
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
    this.#texts.delete(place);
    this.#deliver(place, outcome);
  }
}
