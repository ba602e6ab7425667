import assert from "node:assert/strict";
import { test } from "node:test";

import { Session } from "../../web/session.js";
import { SharedEngine } from "../../web/shared.js";
import { fakes, settled } from "./fake.mjs";

/** Sessions that share an engine, and what each of them tells. */
const begin = async (/** @type {number} */ count) => {
  const { workers, createWorker } = fakes();
  const shared = new SharedEngine();
  const sessions = Array.from({ length: count }, () => {
    const session = new Session({ createWorker, startEngine: (options) => shared.join(options) });
    /** @type {any[]} */
    const told = [];
    session.listen((update) => told.push(update));
    session.start();
    return { session, told, status: () => told.findLast((update) => update.Status).Status };
  });
  await settled();
  return { workers, sessions };
};

test("sessions share one worker, and hear how far it is", async () => {
  const { workers, sessions } = await begin(3);
  assert.equal(workers.length, 1);
  workers[0].say({ Progress: { received: 1, total: 2 } });
  assert.deepEqual(sessions.map(({ status }) => status()), Array(3).fill({ Fetching: { received: 1, total: 2 } }));
  workers[0].ready();
  await settled();
  assert.deepEqual(sessions.map(({ status }) => status()), Array(3).fill("Ready"));
});

test("no session overtakes another's text", async () => {
  const { workers: [worker], sessions: [first, second] } = await begin(2);
  worker.isAlwaysPrecise = true;
  worker.ready();
  await settled();
  first.session.say("one");
  second.session.say("two");
  await settled();
  assert.deepEqual(worker.questions, ["one"]);
  first.session.say("one and more");
  worker.answer();
  await settled();
  assert.deepEqual(worker.questions, ["one", "two"], "who has come first is answered first");
  worker.answer();
  await settled();
  assert.deepEqual(worker.questions, ["one", "two", "one and more"]);
  worker.answer();
  await settled();
  const answered = ({ told }) => told.filter((update) => update.Answer).map(({ Answer }) => Answer.answer.classification.tokens);
  assert.deepEqual([answered(first), answered(second)], [[3, 12], [3]]);
});

test("an engine that dies is replaced once for all", async () => {
  const { workers, sessions } = await begin(2);
  workers[0].ready();
  await settled();
  for (const { session } of sessions) session.say("deadly");
  await settled();
  workers[0].onerror({ message: "no memory left" });
  await settled();
  assert.deepEqual([workers.length, workers[0].isEnded], [2, true]);
  workers[1].ready();
  await settled();
  assert.deepEqual(workers[1].questions, ["deadly"]);
  workers[1].answer();
  await settled();
  assert.deepEqual(workers[1].questions, ["deadly", "deadly"], "the other session's, too");
});

test("the worker ends with the last session, and not before", async () => {
  const { workers: [worker], sessions: [first, second] } = await begin(2);
  worker.ready();
  await settled();
  first.session.stop();
  assert.equal(worker.isEnded, false);
  second.session.say("still here");
  await settled();
  assert.deepEqual(worker.questions, ["still here"]);
  second.session.stop();
  assert.equal(worker.isEnded, true);
});
