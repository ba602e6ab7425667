import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";

import { Engine } from "../../web/engine.js";
import { MODEL, fakes, settled } from "./fake.mjs";

const begin = (options = {}) => {
  const { workers, createWorker } = fakes();
  return { engine: new Engine({ createWorker, ...options }), workers };
};

/** What becomes of a promise: its value, or its reason's name. @param {Promise<any>} promise */
const outcome = (promise) => promise.then((value) => value, (reason) => reason.name);

test("a question can be asked before anybody has loaded the engine", async () => {
  const { engine, workers } = begin();
  const question = engine.classify("a");
  assert.equal(workers.length, 1);
  workers[0].ready();
  assert.deepEqual(await engine.load(), MODEL);
  workers[0].answer();
  assert.equal((await question).sequence, 1);
});

test("a question that was overtaken is told so when the later one is answered", async () => {
  const { engine, workers } = begin();
  const questions = ["a", "ab"].map((text) => outcome(engine.classify(text)));
  const list = engine.score(["x"]);
  workers[0].answer();
  assert.equal(await questions[0], "AbortError");
  assert.equal((await questions[1]).sequence, 2);
  workers[0].say({ Scored: { sequence: 3, scores: [] } });
  assert.deepEqual(await list, [], "lists are not overtaken");
});

test("who does not want an answer any more gets none, and the engine forgets the list", async () => {
  const { engine, workers } = begin();
  const controller = new AbortController();
  const { signal } = controller;
  const answers = [engine.classify("a", { signal }), engine.score(["b"], { signal })].map(outcome);
  controller.abort();
  assert.deepEqual(await Promise.all(answers), ["AbortError", "AbortError"]);
  assert.deepEqual(workers[0].heard.at(-1), { Cancel: { sequence: 2 } });
  assert.equal(await outcome(engine.classify("c", { signal })), "AbortError");
  assert.deepEqual(workers[0].questions, ["a"]);
});

test("what is answered is not held by the signal that could have ended it", async () => {
  const { engine, workers } = begin();
  const { signal } = new AbortController();
  const listeners = () => getEventListeners(signal, "abort").length;
  const lists = [engine.score(["a"], { signal }), engine.score(["b"], { signal })].map(outcome);
  assert.equal(listeners(), 2);
  workers[0].say({ Scored: { sequence: 1, scores: [] } });
  await lists[0];
  assert.equal(listeners(), 1);
  engine.stop();
  await lists[1];
  assert.equal(listeners(), 0);
});

test("a request that is refused is the only one that fails", async () => {
  const { engine, workers } = begin();
  const lists = [engine.score(["a"]), engine.score(["b"])].map(outcome);
  workers[0].say({ Refused: { sequence: 1, sentence: "No number." } });
  workers[0].say({ Scored: { sequence: 2, scores: [] } });
  assert.deepEqual(await Promise.all(lists), ["Failure", []]);
  assert.equal(workers[0].isEnded, false);
});

test("an engine that is stopped leaves no worker and nobody waiting, however far it was", async () => {
  for (const advance of [() => {}, (/** @type {any} */ worker) => worker.ready()]) {
    const { engine, workers } = begin();
    const waiting = [engine.load(), engine.classify("a"), engine.score(["b"])].map(outcome);
    advance(workers[0]);
    engine.stop();
    assert.equal(workers[0].isEnded, true);
    assert.deepEqual((await Promise.all(waiting)).slice(1), ["AbortError", "AbortError"]);
    assert.equal(await outcome(engine.classify("c")), "AbortError");
    assert.equal(workers.length, 1);
  }
});

test("an engine that was stopped before it began does not begin", async () => {
  const { engine, workers } = begin();
  engine.stop();
  assert.equal(await outcome(engine.load()), "AbortError");
  assert.equal(workers.length, 0);
});

test("a worker that the browser refuses is a matter of policy, with a message or without, thrown or told", async () => {
  const { engine, workers } = begin();
  const loaded = engine.load();
  workers[0].onerror({});
  await assert.rejects(loaded, { kind: "policy", message: /worker-src blob:/ });
  const thrower = new Engine({
    createWorker: () => {
      throw new DOMException("no", "SecurityError");
    },
  });
  await assert.rejects(thrower.load(), { kind: "policy" });
});

test("a worker that dies without a word is found out, and one that lives is left alone", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { engine, workers } = begin({ patience: 1000 });
  engine.load();
  workers[0].ready();
  const question = outcome(engine.classify("a"));
  t.mock.timers.tick(1004);
  assert.equal(workers[0].heard.at(-1), "Ping");
  workers[0].say("Alive");
  t.mock.timers.tick(1004);
  assert.equal(workers[0].isEnded, false, "it has answered");
  t.mock.timers.tick(1000);
  assert.equal(await question, "Failure");
  assert.equal(workers[0].isEnded, true);
});

test("nobody watches an engine that has nothing to do, and a long text may take its time", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { engine, workers } = begin({ patience: 1000 });
  engine.load();
  workers[0].ready();
  t.mock.timers.tick(1e7);
  assert.deepEqual(workers[0].heard, []);
  engine.classify("a".repeat(10_000)).catch(() => {});
  t.mock.timers.tick(40_000);
  assert.equal(workers[0].heard.length, 1, "no ping yet");
});

test("a page that was asleep does not take its engine for dead", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { engine, workers } = begin({ patience: 1000 });
  engine.load();
  workers[0].ready();
  engine.classify("a").catch(() => {});
  // The clock goes on while timers do not.
  t.mock.timers.setTime(Date.now() + 3_600_000);
  t.mock.timers.tick(0);
  assert.equal(workers[0].heard.at(-1).Classify.text, "a", "no ping");
  assert.equal(workers[0].isEnded, false);
});

test("a server that stops sending is given up", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { engine, workers } = begin();
  const loaded = engine.load();
  workers[0].say({ Progress: { received: 1, total: 2 } });
  for (let i = 0; i < 100; i += 1) {
    t.mock.timers.tick(1000);
    if (workers[0].heard.at(-1) === "Ping") workers[0].say("Alive");
  }
  await assert.rejects(loaded, { kind: "network" });
});
