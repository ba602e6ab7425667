import assert from "node:assert/strict";
import { test } from "node:test";

import { chunked } from "../../web/chunks.js";
import { Failure } from "../../web/failure.js";
import { Pool, engines } from "../../web/pool.js";
import { FakeWorker } from "./fake.mjs";

/** Dies of some texts, refuses others, and scores the rest by their lengths. */
class Scorer extends FakeWorker {
  /** @param {any} json */
  postMessage(json) {
    super.postMessage(json);
    queueMicrotask(() => this.work(JSON.parse(json)));
  }

  /** @param {any} request */
  work({ Score }) {
    if (!Score) return;
    const { sequence, texts } = Score;
    const has = (/** @type {string} */ word) => texts.some((/** @type {string} */ text) => text.includes(word));
    if (has("deadly")) this.onerror({ message: "no memory left" });
    else if (has("odd")) this.say({ Refused: { sequence, sentence: "No number." } });
    else this.say({ Scored: { sequence, scores: texts.map(({ length }) => ({ tokens: length, truncated: false, tasks: [] })) } });
  }
}

/** @param {number} size */
const pool = (size, load = (/** @type {Scorer} */ worker) => worker.ready()) => {
  /** @type {Scorer[]} */
  const workers = [];
  const createWorker = (/** @type {string} */ script) => {
    const worker = new Scorer(script);
    workers.push(worker);
    queueMicrotask(() => load(worker));
    return /** @type {any} */ (worker);
  };
  return { pool: new Pool(size, { createWorker }), workers };
};

/** @param {(Failure | { tokens: number })[]} outcomes */
const told = (outcomes) => outcomes.map((outcome) => (outcome instanceof Failure ? outcome.kind : outcome.tokens));

const texts = Array.from({ length: 100 }, (_, index) => "x".repeat(index));

test("every text has its scores, in order, and they are delivered as they come", async () => {
  const { pool: three } = pool(3);
  /** @type {number[]} */
  const places = [];
  const outcomes = await three.score(texts, { deliver: (place) => places.push(place) });
  assert.deepEqual(told(outcomes), [...texts.keys()]);
  assert.deepEqual(places.toSorted((a, b) => a - b), [...texts.keys()]);
  assert.deepEqual(await three.score([]), []);
});

test("texts that are no good are set aside, and all others are scored", async () => {
  const { pool: two, workers } = pool(2);
  const given = [...texts, "deadly", "odd"];
  assert.deepEqual(told(await two.score(given)), [...texts.keys(), "engine", "text"]);
  assert.equal(two.size, 2);
  assert.ok(workers.filter(({ isEnded }) => !isEnded).length <= 2, "engines that have ended leave no worker");
});

test("where no text can be scored the list is given up", async () => {
  const { pool: one, workers } = pool(1);
  await assert.rejects(one.score(Array(50).fill("deadly")), /no memory left/);
  assert.ok(workers.length < 25, `${workers.length} engines`);
});

test("an engine that cannot be had leaves its texts to the others; where there is none the list says so", async () => {
  let count = 0;
  const some = pool(2, (worker) => {
    count += 1;
    if (count === 1) worker.ready();
    else worker.say({ Failed: { kind: "engine", sentence: "No." } });
  });
  assert.deepEqual(told(await some.pool.score(texts)), [...texts.keys()]);
  assert.equal(some.pool.size, 1);
  const none = pool(2, (worker) => worker.say({ Failed: { kind: "engine", sentence: "No engine." } }));
  await assert.rejects(none.pool.score(texts), /No engine\./);
  await assert.rejects(none.pool.score(texts), /No engine\./);
});

test("a pool that is stopped while it loads leaves no worker", async () => {
  const { pool: four, workers } = pool(4, () => {});
  const loaded = four.load();
  four.stop();
  await assert.rejects(loaded, { name: "AbortError" });
  await assert.rejects(four.load(), { name: "AbortError" });
  await assert.rejects(four.score(texts), { name: "AbortError" });
  assert.ok(workers.every(({ isEnded }) => isEnded));
  assert.ok(workers.length <= 1);
});

test("a list that nobody waits for any more ends, and the pool goes on with others", async () => {
  const { pool: two } = pool(2);
  const controller = new AbortController();
  const deliver = () => controller.abort();
  await assert.rejects(two.score(texts, { signal: controller.signal, deliver }), { name: "AbortError" });
  assert.deepEqual(told(await two.score(["abc"])), [3]);
});

test("chunks have texts of like length, the longest last, and no more than an engine does in a moment", () => {
  const chunks = chunked(["x".repeat(5000), ...texts, "y".repeat(3000), "z".repeat(900), "z".repeat(900)]);
  assert.deepEqual(chunks.flat().toSorted((a, b) => a - b), [...Array(104).keys()]);
  assert.deepEqual(chunks.at(-1), [0]);
  assert.ok(chunks.every((chunk) => chunk.length <= 16));
});

test("as many engines as a device is good for", () => {
  const device = (/** @type {any} */ navigator, isPhone = false) => {
    Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
    Object.assign(globalThis, { matchMedia: () => ({ matches: isPhone }) });
    return engines();
  };
  assert.equal(device({}), 1);
  assert.equal(device({ hardwareConcurrency: 1 }), 1);
  assert.equal(device({ hardwareConcurrency: 2 }), 2);
  assert.equal(device({ hardwareConcurrency: 4 }), 3, "a core is left for the page");
  assert.equal(device({ hardwareConcurrency: 64 }), 8);
  assert.equal(device({ hardwareConcurrency: 64, deviceMemory: 8 }), 8);
  assert.equal(device({ hardwareConcurrency: 64, deviceMemory: 4 }), 2);
  assert.equal(device({ hardwareConcurrency: 8, deviceMemory: 2 }), 1);
  assert.equal(device({ hardwareConcurrency: 8, deviceMemory: 8 }, true), 2);
});

test("texts that come list by list are delivered by their places, and the next list is got in time", async () => {
  const { pool: two } = pool(2);
  const lists = [texts.slice(0, 40), [], texts.slice(40, 41), texts.slice(41)];
  /** @type {Map<number, unknown>} */
  const outcomes = new Map();
  let most = 0;
  const more = async () => {
    most = Math.max(most, 100 - outcomes.size - lists.flat().length);
    return lists.shift();
  };
  await two.stream(more, { deliver: (place, outcome) => outcomes.set(place, /** @type {any} */ (outcome).tokens) });
  assert.deepEqual([...outcomes].toSorted(([a], [b]) => a - b), [...texts.entries()].map(([place, { length }]) => [place, length]));
  assert.ok(most < 60, `of no list but the one before anything waits: ${most}`);
});

test("a stream ends with the failure of its source, and with its signal", async () => {
  const { pool: two } = pool(2);
  const deliver = () => {};
  let given = 0;
  const failing = async () => {
    given += 1;
    if (given > 2) throw new Error("the file is gone");
    return ["a", "b"];
  };
  await assert.rejects(two.stream(failing, { deliver }), /the file is gone/);
  const cancelled = new AbortController();
  const endless = async () => {
    given += 1;
    if (given > 9) cancelled.abort(new Error("cancelled"));
    return ["a"];
  };
  await assert.rejects(two.stream(endless, { deliver, signal: cancelled.signal }), /cancelled/);
  assert.deepEqual(told(await two.score(["abc"])), [3]);
});

test("a text that is no good in a stream is set aside by its place", async () => {
  const { pool: two } = pool(2);
  const lists = [["a", "odd"], ["bb", "deadly", "ccc"]];
  /** @type {any[]} */
  const outcomes = [];
  await two.stream(async () => lists.shift(), { deliver: (place, outcome) => (outcomes[place] = outcome) });
  assert.deepEqual(told(outcomes), [1, "text", 2, "engine", 3]);
});
