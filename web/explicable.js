// Which labels of an answer there is something to explain of.

/** @import { Answer, Model } from "./protocol" */

/**
 * Of a scale what moves its point; of a task whose words no head scores the likeliest of the labels that the text has.
 *
 * @param {Model | undefined} model
 * @param {Answer} answer
 * @returns {{ task: number, label: number }[]}
 */
export const explicable = (model, { classification: { tasks }, words }) =>
  tasks.flatMap(({ labels, kind, withheld }, task) => {
    if (withheld) return [];
    if (typeof model?.tasks[task]?.display === "object") return [{ task, label: 0 }];
    const present = labels.filter(({ probability, threshold }) => kind === "classes" || probability >= threshold);
    const likeliest = present.sort((left, right) => right.probability - left.probability)[0];
    if (!likeliest || words.some(({ label }) => labels.some((of) => of.label === label))) return [];
    return [{ task, label: labels.indexOf(likeliest) }];
  });
