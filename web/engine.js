// One engine: a worker from its start to its end, and what is asked of it. It never starts again; session.js and pool.js do that.

import { boot } from "./boot.js";
import { Failure, aborted } from "./failure.js";
import { BUNDLE, ENGINE } from "./place.js";
import { Watchdog } from "./watchdog.js";

/** @import { BootOptions } from "./boot.js" */
/** @import { Answer, Model, Request, Response, Scores, Status, Thresholds, WordEffect } from "./protocol" */

/**
 * @typedef {object} EngineOptions
 * @property {string} [bundle] the bundle's address, which ends in a slash; the site's own if there is none
 * @property {string} [sha256] the SHA-256 of the one bundle's manifest that will do; any does if there is none
 * @property {Record<string, Blob>} [files] the bundle's files by their names, where they are somebody's own and not the server's
 * @property {string} [build] "worker" or "worker_relaxed"; if there is none the fastest that the browser can run
 * @property {boolean} [fresh] whether to pass over the browser's HTTP cache
 * @property {boolean} [warmUp] whether to make the engine quick while nobody asks anything
 * @property {number} [patience] how many milliseconds a worker may keep still before it is asked whether it lives, and then before it
 *   counts as dead
 * @property {string} [folder] the address of the engine's folder, which ends in a slash; the site's own if there is none
 * @property {(script: string, options: BootOptions) => Worker} [createWorker] starts a worker with this script, which has the options in it
 * @property {(status: Status) => void} [tell] hears how far loading is
 */

/**
 * Something that was asked, and who waits for it.
 *
 * @typedef {object} Waiting
 * @property {(content: any) => void} resolve
 * @property {(reason: Error) => void} reject
 * @property {boolean} isQuestion whether a later one overtakes it
 * @property {number} allowance how many milliseconds it may take
 * @property {() => void} [forget] nothing is to be ended any more: a signal may be there for long, and would hold every text
 */

const PATIENCE = 8000;

/** A text takes so long at most for each of its characters, on the slowest device; and no text takes longer than one of so many. */
const ALLOWANCE = { milliseconds: 4, characters: 30_000 };

/** To explain a text takes as long as so many texts. */
const PASSES = 100;

/** The server is given up when nothing of a model has come for so many milliseconds. */
const STALLED = 90_000;

/** What half a character becomes, which no JSON of Rust's has: as in `String.prototype.toWellFormed`, which is young.
 * @param {string} text */
const wellFormed = (text) => text.replace(/\p{Surrogate}/gu, "\ufffd");

/** @param {string[]} texts */
const allowance = (texts) =>
  texts.reduce((sum, { length }) => sum + Math.min(length, ALLOWANCE.characters) * ALLOWANCE.milliseconds, 0);

/** Starts a worker that is bound by the page's policy: boot.js says why. @param {string} script */
export const startWorker = (script) => {
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  try {
    return new Worker(address);
  } finally {
    // The browser has to be given the time to read it.
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }
};

export class Engine {
  #options;
  #watchdog;
  #sequence = 0;
  /** @type {Map<number, Waiting>} */
  #waiting = new Map();
  /** @type {Worker | undefined} */
  #worker;
  /** @type {Promise<Model> | undefined} */
  #loaded;
  /** @type {Error | undefined} */
  #failure;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #stalled;
  #hasSpoken = false;

  /** @param {EngineOptions} [options] */
  constructor(options = {}) {
    this.#options = options;
    this.#watchdog = new Watchdog(
      options.patience ?? PATIENCE,
      () => this.#send("Ping"),
      () => this.#fail(new Failure("engine", "The engine does not answer any more: the browser may have ended it for lack of memory.")),
    );
  }

  /** @returns resolves, when the bundle is loaded, to what there is to know of the model */
  load() {
    this.#loaded ??= this.#begin();
    return this.#loaded;
  }

  /**
   * What the model says of `text`. A later text overtakes one that has not been begun: the earlier one is rejected with an `AbortError`
   * when the later one is answered.
   *
   * @param {string} text
   * @param {{ words?: boolean, precise?: boolean, thresholds?: Thresholds, signal?: AbortSignal }} [options] whether the answers of tasks
   *   about words are wanted, too, and those that every browser gives, or else sooner where there is a way; and from which probability on labels
   *   count, where that is not as the bundle says
   * @returns {Promise<Answer>}
   */
  classify(text, { words = false, precise = true, thresholds = {}, signal } = {}) {
    const classify = { text: wellFormed(text), words, precise, thresholds };
    const request = (/** @type {number} */ sequence) => ({ Classify: { sequence, ...classify } });
    return this.#ask(request, { isQuestion: true, allowance: allowance([text]) }, signal);
  }

  /**
   * The scores of `texts`, in their order. A question does not wait for them.
   *
   * @param {string[]} texts
   * @param {{ precise?: boolean, signal?: AbortSignal }} [options] as for {@link classify}
   * @returns {Promise<Scores[]>}
   */
  score(texts, { precise = true, signal } = {}) {
    const request = (/** @type {number} */ sequence) => ({ Score: { sequence, texts: texts.map(wellFormed), precise } });
    return this.#ask(request, { isQuestion: false, allowance: allowance(texts) }, signal);
  }

  /**
   * What words of `text` do to a label: of a long text those of its strongest sentences. A question does not wait for it.
   *
   * @param {string} text
   * @param {{ task?: number, label?: number, signal?: AbortSignal }} [options] which of the model's tasks, and which of its labels
   * @returns {Promise<WordEffect[]>}
   */
  explain(text, { task = 0, label = 0, signal } = {}) {
    const request = (/** @type {number} */ sequence) => ({ Explain: { sequence, text: wellFormed(text), task, label } });
    return this.#ask(request, { isQuestion: false, allowance: PASSES * allowance([text]) }, signal);
  }

  /**
   * The answer to a request of the Perspective API's `comments:analyze`, as its server gives it. A question does not wait for it.
   *
   * @param {unknown} request
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<{ code: number, body: string }>} HTTP's code and a JSON
   */
  analyze(request, { signal } = {}) {
    const body = JSON.stringify(request) ?? "";
    const analyze = (/** @type {number} */ sequence) => ({ Analyze: { sequence, body } });
    // The text is read as a whole, and by its sentences.
    return this.#ask(analyze, { isQuestion: false, allowance: 2 * allowance([body]) }, signal);
  }

  /**
   * One of the bundle's documents, which is what the manifest says.
   *
   * @param {string} name which of the model's `documents`
   * @returns {Promise<string>}
   */
  async document(name) {
    const request = (/** @type {number} */ sequence) => ({ Document: { sequence, name } });
    const { text } = await this.#ask(request, { isQuestion: false, allowance: STALLED }, undefined);
    return text;
  }

  /** Ends the worker. Who waits for something is told that it was stopped. */
  stop() {
    this.#fail(aborted());
  }

  /** @returns {BootOptions} */
  #bootOptions() {
    const { bundle = BUNDLE, sha256 = null, files, folder = ENGINE, build, fresh = false, warmUp = false } = this.#options;
    return { folder, build, ...(files && { isOwn: true }), load: { bundle, sha256, fresh, warm_up: warmUp } };
  }

  #begin() {
    /** @type {Promise<Model>} */
    const loaded = new Promise((resolve, reject) =>
      this.#waiting.set(0, { resolve, reject, isQuestion: false, allowance: 0 }),
    );
    this.#tell("Starting");
    if (this.#failure) this.#fail(this.#failure);
    else this.#start();
    return loaded;
  }

  #start() {
    const { createWorker = startWorker, files } = this.#options;
    try {
      const options = this.#bootOptions();
      this.#worker = createWorker(`"use strict";\n(${boot})(${JSON.stringify(options)});\n`, options);
    } catch {
      return this.#fail(this.#refused());
    }
    this.#worker.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    this.#worker.onmessageerror = () => this.#fail(new Failure("engine", "The engine said something that cannot be read."));
    // Where a policy forbids the worker this is an event without a message.
    this.#worker.onerror = ({ message }) =>
      this.#fail(this.#hasSpoken || message ? new Failure("engine", `The engine has stopped: ${message}.`) : this.#refused());
    if (files) this.#worker.postMessage(files);
    this.#watch();
    this.#awaitProgress();
  }

  #refused() {
    const sentence = "The browser does not let the page start the engine. Where the site or its host sets a security policy, that has to";
    return new Failure("policy", `${sentence} allow worker-src blob:.`);
  }

  /**
   * @param {(sequence: number) => Request} request
   * @param {Pick<Waiting, "isQuestion" | "allowance">} kind
   * @param {AbortSignal | undefined} signal
   * @returns {Promise<any>}
   */
  #ask(request, kind, signal) {
    if (signal?.aborted) return Promise.reject(signal.reason);
    // Who waits for the answer hears of it if there will be none.
    this.load().catch(() => {});
    if (this.#failure) return Promise.reject(this.#failure);
    this.#sequence += 1;
    const sequence = this.#sequence;
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#settle(sequence)?.reject(signal?.reason);
        if (!kind.isQuestion) this.#send({ Cancel: { sequence } });
      };
      signal?.addEventListener("abort", leave, { once: true });
      const forget = () => signal?.removeEventListener("abort", leave);
      this.#waiting.set(sequence, { resolve, reject, forget, ...kind });
      this.#send(request(sequence));
      this.#watch();
    });
  }

  /** @param {Request} request */
  #send(request) {
    this.#worker?.postMessage(JSON.stringify(request));
  }

  /** @param {Response} response */
  #receive(response) {
    this.#hasSpoken = true;
    this.#watchdog.heard();
    if (response === "Preparing") this.#tell("Preparing");
    else if (typeof response === "string") return;
    else if ("Progress" in response) this.#tell({ Fetching: response.Progress });
    else if ("Ready" in response) this.#settle(0)?.resolve(response.Ready);
    else if ("Answer" in response) this.#answered(response.Answer);
    else if ("Scored" in response) this.#settle(response.Scored.sequence)?.resolve(response.Scored.scores);
    else if ("Explained" in response) this.#settle(response.Explained.sequence)?.resolve(response.Explained.words);
    else if ("Analyzed" in response) this.#settle(response.Analyzed.sequence)?.resolve(response.Analyzed);
    else if ("Document" in response) this.#settle(response.Document.sequence)?.resolve(response.Document);
    else if ("Refused" in response) this.#settle(response.Refused.sequence)?.reject(new Failure("text", response.Refused.sentence));
    else if ("Failed" in response) this.#fail(new Failure(response.Failed.kind, response.Failed.sentence));
    if (this.#waiting.has(0)) this.#awaitProgress();
  }

  /** Questions are answered in their order, but for those that were overtaken. @param {Answer} answer */
  #answered(answer) {
    for (const [sequence, { isQuestion }] of this.#waiting) {
      if (isQuestion && sequence < answer.sequence) this.#settle(sequence)?.reject(aborted());
    }
    this.#settle(answer.sequence)?.resolve(answer);
  }

  /** Who waited for the request of this number, and waits no longer. @param {number} sequence */
  #settle(sequence) {
    const waiting = this.#waiting.get(sequence);
    this.#waiting.delete(sequence);
    waiting?.forget?.();
    if (sequence === 0) clearTimeout(this.#stalled);
    this.#watch();
    return waiting;
  }

  #watch() {
    const allowances = [...this.#waiting.values()].map(({ allowance }) => allowance);
    // One after the other.
    if (this.#worker && allowances.length > 0) this.#watchdog.wait(allowances.reduce((sum, allowance) => sum + allowance));
    else this.#watchdog.rest();
  }

  #awaitProgress() {
    clearTimeout(this.#stalled);
    const giveUp = () => this.#fail(new Failure("network", "The server has stopped sending the model."));
    this.#stalled = setTimeout(giveUp, STALLED);
  }

  /** @param {Status} status */
  #tell(status) {
    this.#options.tell?.(status);
  }

  /** @param {Error} failure */
  #fail(failure) {
    this.#failure ??= failure;
    this.#watchdog.rest();
    clearTimeout(this.#stalled);
    this.#worker?.terminate();
    this.#worker = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject, forget } of waiting) {
      forget?.();
      reject(failure);
    }
  }
}
