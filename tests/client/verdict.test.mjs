import assert from "node:assert/strict";
import { test } from "node:test";

import { Judge, enumerated, percent, title } from "../../web/verdict.js";

/** @type {any} */
const MODEL = {
  name: "made up",
  tasks: [
    { name: "mood", display: { scale: { low: "sad", middle: "calm", high: "glad" } }, labels: [{ name: "glad" }] },
    { name: "harm", labels: [{ name: "insult" }, { name: "open_threat" }] },
    { name: "topic", kind: "classes", labels: [{ name: "sport" }, { name: "news" }] },
  ],
};

const answer = (/** @type {number} */ glad, /** @type {number} */ insult, /** @type {any} */ more = {}) => ({
  classification: {
    truncated: false,
    tasks: [
      { task: "mood", labels: [{ label: "glad", probability: glad, threshold: 0.5 }] },
      {
        task: "harm",
        labels: [
          { label: "insult", probability: insult, threshold: 0.4 },
          { label: "open_threat", probability: 0.3, threshold: 0.2 },
        ],
      },
      {
        task: "topic",
        kind: "classes",
        labels: [
          { label: "sport", probability: 0.6, threshold: 0 },
          { label: "news", probability: 0.4, threshold: 0 },
        ],
      },
    ],
    ...more,
  },
});

/** @param {Judge} judge @param {any} given */
const judged = (judge, given) => judge.verdict(MODEL, given);

test("what is present is what a task that tells of something has above its thresholds", () => {
  const { present, flagged, tasks } = judged(new Judge(), answer(0.95, 0.5));
  assert.deepEqual([present, flagged], [["insult", "open_threat"], true]);
  assert.deepEqual(tasks.map(({ words }) => words), ["clearly glad", "insult and open threat", "sport"]);
  assert.deepEqual(judged(new Judge("mood topic"), answer(0.95, 0.5)).present, [], "a scale has a place for every text");
});

test("thresholds are the host's where it says some", () => {
  assert.deepEqual(judged(new Judge("", "0.45"), answer(0.95, 0.5)).present, ["insult"]);
  assert.deepEqual(judged(new Judge("harm", "insult=0.6"), answer(0.95, 0.5)).present, ["open_threat"]);
  assert.deepEqual(judged(new Judge("mood", "glad=0.9"), answer(0.95, 0.5)).present, ["glad"], "of a scale, where it is named");
});

test("an answer of nothing to judge by is no verdict", () => {
  const { reason, tasks } = judged(new Judge("harm"), {
    classification: { reason: "no_words", truncated: false, tasks: answer(0.5, 0).classification.tasks.map((task) => ({ ...task, labels: task.labels.map((label) => ({ ...label, probability: 0 })) })) },
  });
  assert.deepEqual([reason, tasks[0].words, tasks[0].isWithheld], ["There are no words to judge by.", "–", true]);
});

test("what is no threshold, task or label is said", () => {
  for (const wrong of ["2", "-1", "often", "insult=", "=x", "insult:0.5"]) assert.throws(() => new Judge("", wrong), RangeError, wrong);
  assert.throws(() => new Judge("tone").check(MODEL), /has no task “tone”: it has mood, harm and topic/);
  assert.throws(() => new Judge("", "joy=0.5").check(MODEL), /has no label “joy”/);
  new Judge("harm, mood", "insult=0.5, 0.8").check(MODEL);
});

test("names and numbers are said as on the page", () => {
  assert.deepEqual([title("severe_toxic"), enumerated(["a", "b", "c"]), enumerated(["a"])], ["Severe toxic", "a, b and c", "a"]);
  assert.deepEqual([0, 0.004, 0.5, 0.994, 1].map(percent), ["<1%", "<1%", "50%", ">99%", ">99%"]);
});
