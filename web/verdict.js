// What an answer comes down to, by the model's thresholds or by somebody's own, and how it is said. The words are those of the page
// (src/app/wording.rs).

/** @import { Answer, LabelScore, Model, Task, TaskScores } from "./protocol" */

/** @typedef {{ label: string, probability: number, threshold: number, isPresent: boolean }} JudgedLabel */

/** @typedef {{ task: string, words: string, isWithheld: boolean, labels: JudgedLabel[] }} JudgedTask */

/**
 * What an answer comes down to.
 *
 * @typedef {object} Verdict
 * @property {string[]} present the labels that are present, of tasks that tell of something or that have a threshold of the host's
 * @property {boolean} flagged whether there are any
 * @property {string} [reason] why there is nothing to judge by, if there is not, in a sentence
 * @property {boolean} truncated whether only the beginning was read
 * @property {JudgedTask[]} tasks each task
 */

/** The reasons why there is nothing to judge by (src/classify/reason.rs). */
const REASONS = {
  no_words: "There are no words to judge by.",
  unknown_words: "The model knows too few of these words to judge by them.",
  other_language: "This seems to be in another language than the model has learnt.",
};

/** A label's or a task's name as people write it: `severe_toxic` is "severe toxic". @param {string} name */
export const humanise = (name) => name.replace(/[_-]/g, " ").trim().toLowerCase();

/** The same, as a title: `severe_toxic` is "Severe toxic". @param {string} name */
export const title = (name) => humanise(name).replace(/^./u, (first) => first.toUpperCase());

/** A probability in percent. A model is never certain, so neither 0% nor 100% is ever said. @param {number} probability */
export const percent = (probability) => {
  if (probability < 0.01) return "<1%";
  if (probability >= 0.99) return ">99%";
  return `${Math.round(probability * 100)}%`;
};

/** "insult", "toxic and insult", "toxic, obscene and insult". @param {string[]} names */
export const enumerated = (names) =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;

/** Bytes in megabytes, as download sizes are told. @param {number} bytes */
export const megabytes = (bytes) => (bytes / 1e6).toFixed(1);

/** How a host wants an answer to be judged. */
export class Judge {
  #tasks;
  /** By label; of all labels under "". @type {Map<string, number>} */
  #thresholds = new Map();

  /**
   * @param {string} [tasks] the names of the tasks that count, with spaces between them; all if there are none
   * @param {string} [thresholds] one for all labels, `0.8`, or some by name, `insult=0.8 threat=0.5`; the model's own for all others
   * @throws {RangeError} says what is no threshold
   */
  constructor(tasks = "", thresholds = "") {
    this.#tasks = tasks.split(/[\s,]+/).filter(Boolean);
    for (const part of thresholds.split(/[\s,]+/).filter(Boolean)) {
      const [, label = "", number] = /** @type {RegExpExecArray} */ (/^(?:(.*)=)?(.*)$/.exec(part));
      const threshold = Number(number);
      if (number === "" || !(threshold >= 0 && threshold <= 1)) {
        throw new RangeError(`“${part}” is no threshold: give a number from 0 to 1, as in 0.8 or insult=0.8.`);
      }
      this.#thresholds.set(label, threshold);
    }
  }

  /**
   * @param {Model} model
   * @throws {RangeError} says which task or label the model lacks
   */
  check({ name, tasks }) {
    const lacking = this.#tasks.find((wanted) => tasks.every((task) => task.name !== wanted));
    if (lacking !== undefined) {
      throw new RangeError(`The model ${name} has no task “${lacking}”: it has ${enumerated(tasks.map((task) => task.name))}.`);
    }
    const labels = tasks.flatMap((task) => task.labels.map((label) => label.name));
    const unknown = [...this.#thresholds.keys()].find((label) => label && !labels.includes(label));
    if (unknown) throw new RangeError(`The model ${name} has no label “${unknown}”: it has ${enumerated(labels)}.`);
  }

  /**
   * @param {Model} model
   * @param {Answer} answer
   * @returns {Verdict}
   */
  verdict(model, { classification: { reason, tasks, truncated } }) {
    const judged = model.tasks.flatMap((task, index) => (this.#counts(task.name) ? [this.#judged(task, tasks[index], !!reason)] : []));
    const present = judged.flatMap(({ tells, isWithheld, labels }) =>
      isWithheld ? [] : labels.filter(({ label, isPresent }) => isPresent && (tells || this.#thresholds.has(label))),
    );
    return {
      present: present.map(({ label }) => label),
      flagged: present.length > 0,
      reason: reason ? REASONS[reason] : undefined,
      truncated,
      tasks: judged.map(({ tells: _, ...task }) => task),
    };
  }

  /** @param {string} task */
  #counts(task) {
    return this.#tasks.length === 0 || this.#tasks.includes(task);
  }

  /**
   * @param {Task} task
   * @param {TaskScores} scores
   * @param {boolean} hasReason
   * @returns {JudgedTask & { tells: boolean }} `tells` is false of a scale or of classes, of which something is always true
   */
  #judged({ name, display, kind }, { withheld = false, labels }, hasReason) {
    const likeliest = kind === "classes" ? Math.max(...labels.map(({ probability }) => probability)) : undefined;
    const judged = labels.map(({ label, probability, threshold }) => {
      const own = this.#thresholds.get(label) ?? this.#thresholds.get("");
      const isPresent = own === undefined && likeliest !== undefined ? probability === likeliest : probability >= (own ?? threshold);
      return { label, probability, threshold: own ?? threshold, isPresent };
    });
    const names = judged.filter(({ isPresent }) => isPresent).map(({ label }) => humanise(label));
    const scale = typeof display === "object" ? display.scale : undefined;
    const isWithheld = withheld || (hasReason && names.length === 0);
    const found = scale && judged.length === 1 ? leaning(scale, judged[0].probability) : enumerated(names) || "nothing found";
    return { task: name, words: isWithheld ? "–" : found, isWithheld, labels: judged, tells: !scale && kind !== "classes" };
  }
}

/**
 * Where on a scale the probability of its upper end lies, in words.
 *
 * @param {{ low: string, middle: string, high: string }} scale
 * @param {number} probability
 */
const leaning = ({ low, middle, high }, probability) => {
  if (probability < 0.1) return `clearly ${low}`;
  if (probability < 0.35) return `rather ${low}`;
  if (probability < 0.65) return `${middle} or mixed`;
  return probability < 0.9 ? `rather ${high}` : `clearly ${high}`;
};
