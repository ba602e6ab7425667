// One engine that several sessions share: a page may have many fields, and an engine takes 31 MB.
//
// A session asks one question at a time and waits for its answer; so do the sessions here among each other, in the order in which they
// come to ask. None can overtake another's text, and none waits for more than one question of each of the others.

import { Engine } from "./engine.js";
import { Failure, aborted } from "./failure.js";

/** @import { EngineOptions } from "./engine.js" */
/** @import { Answer, Model, Status, Thresholds, WordEffect } from "./protocol" */

/** @typedef {Pick<Engine, "load" | "classify" | "explain" | "document" | "stop">} Asked what a session needs of an engine */

export class SharedEngine {
  /** @type {Engine | undefined} */
  #engine;
  /** @type {Set<Seat>} */
  #seats = new Set();
  /** What the engine has told last. @type {Status | undefined} */
  #status;
  /** Settles when whoever was last in the line has been answered. @type {Promise<unknown>} */
  #line = Promise.resolve();

  /**
   * The engine, for one more session; there is a new one if there is none or if it has ended.
   *
   * @param {EngineOptions} options how to start it if it has to be started
   * @returns {Asked}
   */
  join(options) {
    if (!this.#engine) {
      const engine = new Engine({ ...options, tell: (status) => this.#engine === engine && this.#tell(status) });
      this.#engine = engine;
      this.#status = undefined;
      this.#line = Promise.resolve();
    }
    const seat = new Seat(this, this.#engine, options.tell);
    this.#seats.add(seat);
    return seat;
  }

  /**
   * Loads the model, or says how far somebody else's loading is.
   *
   * @param {Seat} seat
   */
  load({ engine, tell }) {
    if (engine === this.#engine && this.#status) tell?.(this.#status);
    return this.watch(engine, engine.load());
  }

  /**
   * Asks `engine` when all who came before are answered.
   *
   * @template T
   * @param {Engine} engine
   * @param {() => Promise<T>} ask
   * @returns {Promise<T>}
   */
  take(engine, ask) {
    const answered = this.#line.then(ask);
    this.#line = answered.catch(() => {});
    return this.watch(engine, answered);
  }

  /**
   * One session needs no engine any more. The engine ends with the last.
   *
   * @param {Seat} seat
   */
  leave(seat) {
    const { engine } = seat;
    this.#seats.delete(seat);
    if ([...this.#seats].some((other) => other.engine === engine)) return;
    engine.stop();
    if (this.#engine === engine) this.#engine = undefined;
  }

  /**
   * Gives `engine` up if `promise` is rejected with its end.
   *
   * @template T
   * @param {Engine} engine
   * @param {Promise<T>} promise
   */
  watch(engine, promise) {
    return promise.catch((reason) => {
      const hasEnded = reason instanceof Failure && reason.kind !== "text";
      if (hasEnded && this.#engine === engine) this.#engine = undefined;
      throw reason;
    });
  }

  /** @param {Status} status */
  #tell(status) {
    this.#status = status;
    for (const seat of this.#seats) if (seat.engine === this.#engine) seat.tell?.(status);
  }
}

/** A session's share of an engine. */
class Seat {
  #shared;
  #hasLeft = false;

  /**
   * @param {SharedEngine} shared
   * @param {Engine} engine
   * @param {((status: Status) => void) | undefined} tell
   */
  constructor(shared, engine, tell) {
    this.#shared = shared;
    this.engine = engine;
    this.tell = tell;
  }

  /** @returns {Promise<Model>} */
  load() {
    return this.#shared.load(this);
  }

  /**
   * @param {string} text
   * @param {{ words?: boolean, precise?: boolean, thresholds?: Thresholds }} [options]
   * @returns {Promise<Answer>}
   */
  classify(text, options) {
    return this.#shared.take(this.engine, async () => {
      if (this.#hasLeft) throw aborted();
      return this.engine.classify(text, options);
    });
  }

  /**
   * Nobody waits for an explanation, and so it is in no line.
   *
   * @param {string} text
   * @param {{ task?: number, label?: number, signal?: AbortSignal }} [options]
   * @returns {Promise<WordEffect[]>}
   */
  explain(text, options) {
    return this.#shared.watch(this.engine, this.engine.explain(text, options));
  }

  /**
   * Nobody waits for a document either.
   *
   * @param {string} name
   * @returns {Promise<string>}
   */
  document(name) {
    return this.#shared.watch(this.engine, this.engine.document(name));
  }

  stop() {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#shared.leave(this);
  }
}
