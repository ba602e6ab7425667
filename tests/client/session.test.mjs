import assert from "node:assert/strict";
import { test } from "node:test";

import { Session } from "../../web/session.js";
import { MODEL, fakes, settled } from "./fake.mjs";

/** A session with fake workers, and what it tells. */
const begin = async (options = {}) => {
  const { workers, createWorker } = fakes();
  const session = new Session({ createWorker, ...options });
  /** @type {any[]} */
  const told = [];
  session.listen((update) => told.push(update));
  session.start();
  await settled();
  const status = () => told.findLast((update) => update.Status).Status;
  return { session, workers, told, status };
};

const ready = async (options = {}) => {
  const begun = await begin(options);
  begun.workers[0].ready();
  await settled();
  return begun;
};

test("nothing is fetched before somebody starts it", async () => {
  const { workers, createWorker } = fakes();
  const session = new Session({ createWorker });
  /** @type {any[]} */
  const told = [];
  session.listen((update) => told.push(update));
  session.say("early");
  assert.deepEqual([workers.length, told], [0, [{ Status: "Waiting" }]]);
  session.retry();
  await settled();
  workers[0].ready();
  await settled();
  assert.deepEqual(workers[0].questions, ["early"]);
});

test("nothing is asked before the engine is ready", async () => {
  const { session, workers, status } = await begin();
  session.say("early");
  await settled();
  assert.deepEqual([workers[0].questions, status()], [[], "Starting"]);
  workers[0].say({ Progress: { received: 1, total: 2 } });
  assert.deepEqual(status(), { Fetching: { received: 1, total: 2 } });
  workers[0].say("Preparing");
  assert.equal(status(), "Preparing");
  workers[0].ready();
  await settled();
  assert.deepEqual([workers[0].questions, status()], [["early"], "Ready"]);
});

test("one text is out at a time, and the newest goes next", async () => {
  const { session, workers: [worker], told } = await ready();
  for (const text of ["a", "ab", "abc"]) session.say(text);
  assert.deepEqual(worker.questions, ["a"]);
  worker.answer();
  await settled();
  assert.equal(told.at(-1).Answer.is_current, false);
  assert.deepEqual(worker.questions, ["a", "abc"]);
  worker.answer();
  await settled();
  assert.equal(told.at(-1).Answer.is_current, true);
  assert.deepEqual(worker.questions, ["a", "abc"]);
});

test("a text that is typed over and back again is current", async () => {
  const { session, workers: [worker], told } = await ready();
  for (const text of ["a", "ab", "a"]) session.say(text);
  worker.answer();
  await settled();
  assert.equal(told.at(-1).Answer.is_current, true);
  session.say("ab");
  assert.equal(told.at(-1), "Changed");
  session.say("a");
  assert.equal(told.at(-1).Answer.is_current, true);
});

test("blank texts are not asked about, and answers to deleted ones are not told", async () => {
  const { session, workers: [worker], told } = await ready();
  session.say(" \n");
  assert.deepEqual(worker.questions, []);
  session.say("a");
  session.say("");
  worker.answer();
  await settled();
  assert.equal(told.at(-1), "Blank");
  session.say("b");
  assert.deepEqual(worker.questions, ["a", "b"]);
});

test("half a character is asked about as what stands for none", async () => {
  const { session, workers: [worker] } = await ready();
  session.say("a \ud83d");
  assert.deepEqual(worker.questions, ["a \ufffd"]);
  assert.equal(session.text, "a \ud83d", "the text itself stays");
});

test("who listens late hears what there is", async () => {
  const { session, workers: [worker] } = await ready();
  session.say("a");
  worker.answer();
  await settled();
  /** @type {any[]} */
  const late = [];
  session.listen((update) => late.push(update));
  assert.deepEqual(late.map((update) => Object.keys(update)[0]), ["Status", "Model", "Answer"]);
  assert.deepEqual(late[1].Model, MODEL);
});

test("an engine that did work and dies is replaced, by its like first, and the text is asked about again", async () => {
  const { session, workers, status } = await ready();
  session.say("a");
  for (const build of [undefined, "worker"]) {
    workers.at(-1)?.onerror({ message: "no memory left" });
    await settled();
    assert.equal(workers.at(-1)?.options.build, build);
    workers.at(-1)?.ready();
    await settled();
    assert.deepEqual(workers.at(-1)?.questions, ["a"]);
  }
  workers[2].onerror({ message: "no memory left" });
  await settled();
  assert.equal(workers.length, 3, "a text that ends every engine does not go on for ever");
  assert.match(status().Failed.sentence, /no memory left/);
  assert.ok(workers.every((worker) => worker.isEnded));
});

test("a lost connection is tried again once by itself, on the fast build, and when there is one again", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { session, workers, status } = await begin();
  const lose = async () => {
    workers.at(-1)?.say({ Failed: { kind: "network", sentence: "The connection was lost." } });
    await settled();
  };
  await lose();
  assert.equal(workers.length, 1);
  t.mock.timers.tick(1000);
  await settled();
  assert.equal(workers.length, 2);
  await lose();
  t.mock.timers.tick(60_000);
  assert.deepEqual([workers.length, status().Failed.kind], [2, "network"]);
  session.retry();
  assert.deepEqual(workers.map(({ options }) => [options.build, options.load.fresh]), Array(3).fill([undefined, false]));
});

test("what may help depends on what failed", async () => {
  for (const [kind, build, fresh] of [["model", undefined, true], ["engine", "worker", true], ["policy", undefined, false]]) {
    const { session, workers } = await begin();
    workers[0].say({ Failed: { kind, sentence: "No." } });
    await settled();
    session.retry();
    assert.deepEqual([workers[1].options.build, workers[1].options.load.fresh], [build, fresh], String(kind));
  }
});

test("where versions do not come together the page is got anew, and the text is not lost", async () => {
  /** @type {string[]} */
  const kept = [];
  const { session, workers } = await begin({ reload: (/** @type {string} */ text) => kept.push(text) });
  session.say("a text");
  workers[0].say({ Failed: { kind: "build", sentence: "A new version has been published." } });
  await settled();
  session.retry();
  assert.deepEqual([kept, workers.length], [["a text"], 1]);
});

test("when typing pauses the precise answer settles the text, once", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { session, workers: [worker], told } = await ready();
  const precise = () => worker.heard.map((request) => request.Classify?.precise).filter((precise) => precise !== undefined);
  const answer = async () => {
    worker.answer();
    await settled();
  };
  session.say("a");
  t.mock.timers.tick(200);
  session.say("ab");
  await answer();
  await answer();
  t.mock.timers.tick(300);
  assert.deepEqual(precise(), [false, false], "somebody is typing: the last text has two tokens here, and so two milliseconds more");
  t.mock.timers.tick(2);
  assert.deepEqual(precise(), [false, false, true]);
  await answer();
  assert.deepEqual([told.at(-1).Answer.is_current, told.at(-1).Answer.answer.is_precise], [true, true]);
  t.mock.timers.tick(60_000);
  assert.equal(precise().length, 3);
  session.say("abc");
  await answer();
  assert.deepEqual(precise(), [false, false, true, false], "and quick again");
});

test("an answer that is late is settled as soon as it is there, and one that is precise at once not again", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { session, workers: [worker] } = await ready();
  session.say("a");
  t.mock.timers.tick(1000);
  worker.answer();
  await settled();
  assert.equal(worker.questions.length, 2);
  worker.answer();
  await settled();
  worker.isAlwaysPrecise = true;
  session.say("ab");
  worker.answer();
  await settled();
  t.mock.timers.tick(1000);
  assert.deepEqual(worker.questions, ["a", "a", "ab"]);
});

test("a clock that is set back or on does not keep a text from being settled", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1e12 });
  const { session, workers: [worker] } = await ready();
  for (const [text, jump] of [["a", -3_600_000], ["ab", 3_600_000]]) {
    session.say(text);
    t.mock.timers.setTime(Date.now() + jump);
    worker.answer();
    await settled();
    t.mock.timers.tick(302);
    assert.deepEqual(worker.questions.slice(-2), [text, text], `by ${jump} ms`);
    worker.answer();
    await settled();
  }
});

test("what an old engine still says is not heard", async () => {
  const { session, workers, told } = await ready();
  session.say("a");
  session.retry();
  const before = told.length;
  workers[0].isEnded = false;
  workers[0].answer();
  await settled();
  assert.equal(told.length, before);
});

/** One label, which the text has. */
const PRESENT = [{ task: "topic", labels: [{ label: "spam", probability: 0.9, threshold: 0.5 }] }];

/** A session that explains at once, and a worker whose answers stay. */
const explaining = async (options = {}) => {
  const begun = await ready({ settleAfter: 0, explainAfter: 0, ...options });
  Object.assign(begun.workers[0], { isAlwaysPrecise: true, tasks: PRESENT });
  return { ...begun, worker: begun.workers[0], explanations: () => begun.workers[0].heard.filter((request) => request.Explain) };
};

/** Until the timers that are due have run. */
const later = () => new Promise((resolve) => setTimeout(resolve, 20));

test("a text that stands is explained, once", async () => {
  const { session, worker, told, explanations } = await explaining();
  session.say("a");
  worker.answer();
  await later();
  assert.deepEqual(explanations().map(({ Explain: { text, task, label } }) => [text, task, label]), [["a", 0, 0]]);
  worker.explain();
  await settled();
  assert.deepEqual(told.at(-1), { Explained: [{ task: 0, label: 0, words: [{ start: 0, end: 1, effect: 0.5 }] }] });
  await later();
  assert.equal(explanations().length, 1);
  session.say("ab");
  session.say("a");
  assert.ok(told.at(-1).Explained, "what is known is told again");
});

test("nobody waits for the explanation of a text that has changed", async () => {
  const { session, worker, told, explanations } = await explaining();
  session.say("a");
  worker.answer();
  await later();
  session.say("ab");
  const [{ Explain: { sequence } }] = explanations();
  assert.ok(worker.heard.some((request) => request.Cancel?.sequence === sequence));
  worker.explain();
  worker.answer();
  await later();
  assert.ok(!told.some((update) => update.Explained));
  assert.equal(explanations().at(-1).Explain.text, "ab");
});

test("a text that cannot be explained stays answered", async () => {
  const { session, worker, told, status, explanations } = await explaining();
  session.say("a");
  worker.answer();
  await later();
  worker.say({ Refused: { sequence: explanations()[0].Explain.sequence, sentence: "There is no [MASK]." } });
  await later();
  assert.deepEqual([explanations().length, status(), told.at(-1).Answer.is_current], [1, "Ready", true]);
});

test("who wants no explanations gets none", async () => {
  const { session, worker, explanations } = await explaining({ explainAfter: Infinity });
  session.say("a");
  worker.answer();
  await later();
  assert.equal(explanations().length, 0);
});

test("the words of another text are asked for only where what is typed does not wait for them", async () => {
  const { session, workers, told } = await ready();
  const words = session.words("a row");
  await settled();
  assert.deepEqual(workers[0].questions, ["a row"]);
  workers[0].answer();
  assert.equal(await words, "[]");
  session.say("typed");
  await assert.rejects(session.words("another row"), { name: "AbortError" });
  workers[0].answer();
  await settled();
  assert.equal(told.findLast((update) => update.Answer).Answer.is_current, true);
  // What is typed overtakes a row, and nothing else comes of that.
  const overtaken = assert.rejects(session.words("one more"), { name: "AbortError" });
  session.say("typed more");
  await settled();
  workers[0].answer();
  await overtaken;
  assert.equal(workers.length, 1);
});

test("a text whose explanation ends the engine is not explained by the next", async () => {
  const { session, workers, told, status } = await explaining();
  session.say("a");
  workers[0].answer();
  await later();
  workers[0].onerror({ message: "no memory left" });
  await settled();
  Object.assign(workers[1], { isAlwaysPrecise: true, tasks: PRESENT });
  workers[1].ready();
  await later();
  assert.deepEqual([workers.length, workers[1].heard.filter((request) => request.Explain), status()], [2, [], "Ready"]);
  assert.equal(told.findLast((update) => update.Answer).Answer.is_current, true);
  session.say("ab");
  workers[1].answer();
  await later();
  assert.equal(workers[1].heard.at(-1).Explain.text, "ab", "another text is");
});

test("thresholds of one's own decide what is asked from then on, and what was asked before is asked anew", async () => {
  const { session, workers: [worker], told } = await ready();
  const asked = () => worker.heard.filter((request) => request.Classify).map((request) => request.Classify.thresholds);
  session.say("a");
  const own = { toxicity: { toxic: 0.9 } };
  // While the question is out: its answer is of other thresholds, and told to nobody.
  session.decide(own);
  assert.deepEqual(asked(), [{}]);
  worker.answer();
  await settled();
  assert.equal(told.filter((update) => update.Answer).length, 0);
  assert.deepEqual(asked(), [{}, own]);
  worker.answer();
  await settled();
  assert.equal(told.at(-1).Answer.is_current, true);
  session.decide({});
  assert.equal(told.at(-1), "Changed");
  assert.deepEqual(asked().at(-1), {});
});

test("a document is what the engine says it is, and a refusal ends nothing", async () => {
  const { session, workers: [worker], status } = await ready();
  const [document, missing] = [session.document("card.json"), session.document("missing").catch(({ message }) => message)];
  const [first, second] = worker.heard.filter((request) => request.Document).map((request) => request.Document);
  assert.deepEqual([first.name, second.name], ["card.json", "missing"]);
  worker.say({ Document: { sequence: first.sequence, text: "{}" } });
  worker.say({ Refused: { sequence: second.sequence, sentence: "There is none." } });
  assert.deepEqual([await document, await missing, status()], ["{}", "There is none.", "Ready"]);
});
