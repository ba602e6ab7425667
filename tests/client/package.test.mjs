import assert from "node:assert/strict";
import { test } from "node:test";

import { Failure, load } from "../../web/package/index.js";
import { FakeWorker, MODEL, settled } from "./fake.mjs";

const TASKS = [{ name: "harm", labels: [{ name: "insult", threshold: 0.4 }, { name: "threat" }] }];

/** A package's worker, which is told what to load by its first message. */
class Told extends FakeWorker {
  constructor() {
    super(")({});");
  }

  /** @param {any} message */
  postMessage(message) {
    if (typeof message === "string") super.postMessage(message);
    else this.options = message;
  }

  ready() {
    this.say({ Ready: { ...MODEL, tasks: TASKS } });
  }
}

/** Begins to load. */
const begin = async (options = {}) => {
  /** @type {Told[]} */
  const workers = [];
  const createWorker = () => /** @type {any} */ (workers[workers.push(new Told()) - 1]);
  const loading = load({ createWorker, ...options });
  loading.catch(() => {});
  await settled();
  return { workers, loading };
};

const loaded = async () => {
  const { workers, loading } = await begin();
  workers[0].ready();
  return { workers, undertone: await loading };
};

const last = (/** @type {Told} */ worker) => worker.heard.at(-1);

test("the worker is told where everything is", async () => {
  const { workers: [worker] } = await begin({ base: "https://host/files", model: "mail", sha256: "ab", build: "worker" });
  assert.deepEqual(worker.options, {
    folder: "https://host/files/wasm/",
    build: "worker",
    load: { bundle: "https://host/files/models/mail/", sha256: "ab", fresh: false, warm_up: false },
  });
});

test("texts are classified, with their labels' names", async () => {
  const { workers: [worker], undertone } = await loaded();
  const [one, two] = [undertone.classify("one"), undertone.classify(["two", "three"])];
  await settled();
  const scores = (/** @type {number} */ count) => Array.from({ length: count }, () => ({ tokens: 3, truncated: false, tasks: [[0.5, 0.25]] }));
  assert.deepEqual(last(worker).Score.texts, ["one"], "questions are answered in their order");
  worker.say({ Scored: { sequence: last(worker).Score.sequence, scores: scores(1) } });
  const labels = [{ label: "insult", probability: 0.5, threshold: 0.4 }, { label: "threat", probability: 0.25, threshold: 0.5 }];
  assert.deepEqual(await one, { tokens: 3, truncated: false, tasks: [{ task: "harm", labels }] });
  await settled();
  worker.say({ Scored: { sequence: last(worker).Score.sequence, scores: scores(2) } });
  assert.equal((await two).length, 2);
});

test("a label is explained by its name", async () => {
  const { workers: [worker], undertone } = await loaded();
  const explained = undertone.explain("you", { label: "threat" });
  await settled();
  const { sequence, task, label } = last(worker).Explain;
  assert.deepEqual([task, label], [0, 1]);
  worker.say({ Explained: { sequence, words: [{ start: 0, end: 3, effect: 1 }] } });
  assert.deepEqual(await explained, [{ start: 0, end: 3, effect: 1 }]);
  await assert.rejects(undertone.explain("you", { label: "joy" }), /has no label “joy”: it has insult, threat/);
  await assert.rejects(undertone.explain("you", { task: "joy" }), /has no task “joy”/);
});

test("what the Perspective API refuses is an error with Google's fields", async () => {
  const { workers: [worker], undertone } = await loaded();
  const answered = undertone.analyze({ comment: { text: "a" } });
  await settled();
  assert.equal(last(worker).Analyze.body, '{"comment":{"text":"a"}}');
  worker.say({ Analyzed: { sequence: last(worker).Analyze.sequence, code: 200, body: '{"attributeScores":{}}' } });
  assert.deepEqual(await answered, { attributeScores: {} });
  const refused = undertone.analyze({});
  await settled();
  const error = { code: 400, message: "Comment must be non-empty.", status: "INVALID_ARGUMENT", details: [{ errorType: "COMMENT_EMPTY" }] };
  worker.say({ Analyzed: { sequence: last(worker).Analyze.sequence, code: 400, body: JSON.stringify({ error }) } });
  await assert.rejects(refused, error);
});

test("what there is not is said", async () => {
  await assert.rejects(load(/** @type {any} */ ({ wasmUrl: "x" })), /load has no option “wasmUrl”: it takes base, model/);
  await assert.rejects(load({ model: "../x" }), /is no model's name/);
  const { undertone } = await loaded();
  await assert.rejects(undertone.classify(/** @type {any} */ (5)), /takes a text or an array of texts/);
  await assert.rejects(undertone.classify("a", /** @type {any} */ ({ precise: true })), /classify has no option “precise”/);
});

test("loading ends where nobody waits for it", async () => {
  const abort = new AbortController();
  const { workers: [worker], loading } = await begin({ signal: abort.signal });
  abort.abort(new Error("not wanted"));
  await assert.rejects(loading, /not wanted/);
  assert.equal(worker.isEnded, true);
});

test("an engine that ends is replaced for the next question, and none is after the end", async () => {
  const { workers, undertone } = await loaded();
  const deadly = undertone.classify("deadly");
  await settled();
  workers[0].onerror({ message: "no memory left" });
  await assert.rejects(deadly, (reason) => reason instanceof Failure && reason.kind === "engine");
  const next = undertone.classify("next");
  await settled();
  workers[1].ready();
  await settled();
  assert.deepEqual([last(workers[1]).Score.texts, workers[1].options.build], [["next"], "worker"]);
  undertone.dispose();
  await assert.rejects(next);
  await assert.rejects(undertone.classify("more"), /disposed of/);
});
