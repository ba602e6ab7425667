// Written from src/protocol.rs by its test, which fails where the two differ.

/**
 * What a client asks of a worker.
 */
export type Request = { "Load": Load } | { "Classify": { 
/**
 * Counts up, and comes back with the answer.
 */
sequence: number, 
/**
 * The text.
 */
text: string, 
/**
 * Whether the answers of tasks about words are wanted, too.
 */
words: boolean, 
/**
 * Whether the answer is to be the one that every browser gives, and the companion: it takes half as long again where the processor
 * has a quicker way.
 */
precise: boolean, 
/**
 * From which probability on labels count, where that is not as the bundle says.
 */
thresholds: Thresholds, } } | { "Score": { 
/**
 * Comes back with the answer.
 */
sequence: number, 
/**
 * The texts.
 */
texts: Array<string>, 
/**
 * As for [`Request::Classify`].
 */
precise: boolean, } } | { "Explain": { 
/**
 * Comes back with the answer.
 */
sequence: number, 
/**
 * The text.
 */
text: string, 
/**
 * Which of [`Model::tasks`] is to be explained.
 */
task: number, 
/**
 * Which of its labels.
 */
label: number, } } | { "Analyze": { 
/**
 * Comes back with the answer.
 */
sequence: number, 
/**
 * The request's body, which is JSON.
 */
body: string, } } | { "Document": { 
/**
 * Comes back with the answer.
 */
sequence: number, 
/**
 * Which of [`Model::documents`].
 */
name: string, } } | { "Cancel": { 
/**
 * Its number.
 */
sequence: number, } } | "Ping";

/**
 * What a worker is to load, and how.
 */
export type Load = { 
/**
 * The bundle's address, which ends in a slash.
 */
bundle: string, 
/**
 * The SHA-256 of the one manifest that will do, if not any does.
 */
sha256: string | null, 
/**
 * Whether the browser's HTTP cache is to be passed over, because what came out of it last time was no good.
 */
fresh: boolean, 
/**
 * Whether to make the engine quick while nobody asks anything.
 */
warm_up: boolean, };

/**
 * What a worker says to its client.
 */
export type Response = { "Progress": { 
/**
 * How many bytes of it.
 */
received: number, 
/**
 * How many bytes there are in all.
 */
total: number, } } | "Preparing" | { "Ready": Model } | { "Answer": Answer } | { "Scored": { 
/**
 * The list's number.
 */
sequence: number, 
/**
 * What the model says of each text, in their order; the names are in [`Model::tasks`].
 */
scores: Array<Scores>, } } | { "Explained": { 
/**
 * The request's number.
 */
sequence: number, 
/**
 * What words of the text do; of a long one those of its strongest sentences.
 */
words: Array<WordEffect>, } } | { "Analyzed": { 
/**
 * The request's number.
 */
sequence: number, 
/**
 * 200, or HTTP's code for the refusal that the body is.
 */
code: number, 
/**
 * The answer's body, which is JSON.
 */
body: string, } } | { "Document": { 
/**
 * The request's number.
 */
sequence: number, 
/**
 * The document, which is what the manifest says.
 */
text: string, } } | { "Refused": { 
/**
 * The request's number.
 */
sequence: number, 
/**
 * Why, in a sentence for people.
 */
sentence: string, } } | "Alive" | { "Failed": Failure };

/**
 * What went wrong.
 */
export type Failure = { 
/**
 * What kind of thing, and so what may help.
 */
kind: FailureKind, 
/**
 * What, in a sentence for people.
 */
sentence: string, };

/**
 * What kind of thing went wrong; `web/failure.js` says what helps.
 */
export type FailureKind = "network" | "model" | "engine" | "build" | "policy" | "text";

/**
 * What there is to know of the loaded model.
 */
export type Model = { 
/**
 * The bundle's name.
 */
name: string, 
/**
 * The licence of its weights.
 */
licence: string, 
/**
 * The SHA-256 of its manifest, which has the hashes of its files, thresholds and calibration: what answers otherwise has another.
 */
sha256: string, 
/**
 * What it is for, in a sentence for people; empty where its manifest does not say.
 */
description: string, 
/**
 * Texts to try.
 */
examples: Array<Example>, 
/**
 * How many tokens it reads of a text.
 */
max_tokens: number, 
/**
 * What it classifies, in the order in which answers come.
 */
tasks: Array<Task>, 
/**
 * What there is to read of it, by name.
 */
documents: Array<string>, 
/**
 * Which of the engine's builds has it: `relaxed` or `baseline`.
 */
build: string, 
/**
 * Whether this is what an earlier visit has kept, as the server cannot be reached.
 */
is_kept: boolean, };

/**
 * A text to try.
 */
export type Example = { 
/**
 * What it is, in a few words: `A scathing review`.
 */
name: string, 
/**
 * The text.
 */
text: string, 
/**
 * What people should know before they see it: `unkind`.
 */
note?: string, };

/**
 * What the model says of a text, and how long it took.
 */
export type Answer = { 
/**
 * The question's number.
 */
sequence: number, 
/**
 * How long the classification took, without the way there and back.
 */
milliseconds: number, 
/**
 * Whether it is what every browser answers, and the companion.
 */
is_precise: boolean, 
/**
 * The probabilities.
 */
classification: Classification, 
/**
 * The words that labels were found in, where they were asked for: for each label of the tasks that are about words and that the text as
 * a whole has. Of what it has not no word is it.
 */
words: Array<LabelWords>, };

/**
 * The words of a text by one label.
 */
export type LabelWords = { 
/**
 * The name of the task about words.
 */
task: string, 
/**
 * The label's name, which a task about texts may have as well.
 */
label: string, 
/**
 * The probability from which on a word is marked.
 */
threshold: number, 
/**
 * Words and signs, in the text's order.
 */
words: Array<Word>, };

/**
 * How likely a word is to be marked.
 */
export type Word = { 
/**
 * The UTF-16 units of the text before it.
 */
start: number, 
/**
 * The same with its own.
 */
end: number, 
/**
 * 0 to 1.
 */
probability: number, };

/**
 * What a word does to a label.
 */
export type WordEffect = { 
/**
 * The UTF-16 units of the text before it.
 */
start: number, 
/**
 * The same with its own.
 */
end: number, 
/**
 * The label's logit with the word less that with the word hidden.
 */
effect: number, };

/**
 * What words do to a label of a text.
 */
export type Explanation = { 
/**
 * Which of [`Model::tasks`] it is about.
 */
task: number, 
/**
 * Which of its labels.
 */
label: number, 
/**
 * The words, in the text's order.
 */
words: Array<WordEffect>, };

/**
 * Where an engine stands.
 */
export type Status = "Waiting" | "Starting" | { "Fetching": { 
/**
 * How many bytes are here.
 */
received: number, 
/**
 * How many there are in all.
 */
total: number, } } | "Preparing" | "Ready" | { "Failed": Failure };

/**
 * What a client tells of one text that changes while it is being typed.
 */
export type Update = { "Status": Status } | { "Model": Model } | { "Answer": { 
/**
 * The answer.
 */
answer: Answer, 
/**
 * Whether its text is still the text as it stands.
 */
is_current: boolean, } } | { "Explained": Array<Explanation> } | "Changed" | "Blank";

/**
 * One classification task, which is one head of the model.
 */
export type Task = { 
/**
 * The task's name: `sentiment`, `toxicity`. See [`check_task_name`].
 */
name: string, 
/**
 * What it tells, in a sentence for people.
 */
description?: string, 
/**
 * What has the labels: the text, or each token of it.
 */
unit?: Unit, 
/**
 * How the labels go together.
 */
kind?: HeadKind, 
/**
 * Whether it is about pairs of texts, of which the engine reads none: `undertone evaluate` does.
 */
pairs?: boolean, 
/**
 * What is done with a text that is longer than the model reads.
 */
windows?: Windows, 
/**
 * How the answer is shown.
 */
display?: Display, 
/**
 * The labels that the head scores, in the order of its outputs.
 */
labels: Array<Label>, 
/**
 * What the logits of exclusive classes are divided by before the softmax (Guo et al. 2017, "On calibration of modern neural
 * networks"); 1 for independent labels, which have a [`Calibration`] each.
 */
temperature?: number, 
/**
 * What was measured of the task when its weights were chosen; none where nothing was.
 */
metrics?: TaskMetrics | null, 
/**
 * What the labels' calibration and thresholds were made on; none where nobody calibrated.
 */
calibration?: CalibrationRecord | null, };

/**
 * How the labels of a task go together.
 */
export type HeadKind = "labels" | "classes";

/**
 * What is done with a text that is longer than the model reads.
 */
export type Windows = "first" | "max" | "mean" | "ends";

/**
 * How a task's answer is shown.
 */
export type Display = "bars" | { "scale": Scale };

/**
 * A scale's ends, in words.
 */
export type Scale = { 
/**
 * What a probability of 0 says: `negative`.
 */
low: string, 
/**
 * What is between the ends.
 */
middle: string, 
/**
 * What a probability of 1 says: `positive`.
 */
high: string, };

/**
 * One label of a task.
 */
export type Label = { 
/**
 * The label's name: `positive`, `threat`.
 */
name: string, 
/**
 * What it means, in a sentence for people.
 */
description?: string, 
/**
 * The probability from which on the label counts as present. Exclusive classes have none: the likeliest counts.
 */
threshold?: number, 
/**
 * What makes the model's logit the logit of a probability that can be taken at its word.
 */
calibration?: Calibration, };

/**
 * A line through a label's logit, whose sigmoid is the probability.
 */
export type Calibration = { 
/**
 * What the logit is multiplied by, above 0: the inverse of a temperature.
 */
scale: number, 
/**
 * What is added then.
 */
bias: number, };

/**
 * What a task's calibration was made on and for.
 */
export type CalibrationRecord = { 
/**
 * The texts, in words: `texts held out from training`.
 */
data: string, 
/**
 * How many texts that were.
 */
samples: number, 
/**
 * The true rates of labels that the probabilities were moved to, by label; of others they are right where labels are
 * as common as in the data.
 */
rates?: { [key in string]: number }, 
/**
 * What the thresholds were chosen for, in words: `best F1`.
 */
thresholds: string, };

/**
 * What was measured of a task, and on what; before its labels were calibrated.
 */
export type TaskMetrics = { 
/**
 * What was measured on, in words: `10% of the training rows, held out`.
 */
data: string, 
/**
 * How many texts that were.
 */
samples: number, 
/**
 * Mean cross-entropy.
 */
loss: number, 
/**
 * The share of right answers: over all labels at a probability of ½, or of classes.
 */
accuracy: number, 
/**
 * Mean ROC AUC over the labels; none where a label had one class only.
 */
auc_macro: number | null, };

/**
 * What a head scores.
 */
export type Unit = "text" | "token";

/**
 * What the model says of one text.
 */
export type Classification = { 
/**
 * How many tokens the model read, `[CLS]` and `[SEP]` included.
 */
tokens: number, 
/**
 * Whether the text was longer than what is read of one, so that its end was cut off.
 */
truncated: boolean, 
/**
 * Why there is nothing to judge by, where there is not.
 */
reason?: Reason | null, 
/**
 * The answer of each task that is about texts, in the manifest's order.
 */
tasks: Array<TaskScores>, };

/**
 * One task's answer.
 */
export type TaskScores = { 
/**
 * The task's name.
 */
task: string, 
/**
 * How the labels go together.
 */
kind?: HeadKind, 
/**
 * Whether the answer is no verdict, since there is nothing to judge by: so it is of a scale, which has a place for every text,
 * and of classes, of which one is always the likeliest. Other labels that a text has nothing of are below their thresholds, and
 * what is above stays.
 */
withheld?: boolean, 
/**
 * Its labels, in the manifest's order.
 */
labels: Array<LabelScore>, };

/**
 * The probability of one label.
 */
export type LabelScore = { 
/**
 * The label's name.
 */
label: string, 
/**
 * The probability that the label applies, 0 to 1, calibrated if the bundle is.
 */
probability: number, 
/**
 * The probability from which on the label counts as present.
 */
threshold: number, };

/**
 * What the model says of one of many texts: numbers alone, since the names are the same for all.
 */
export type Scores = { 
/**
 * How many tokens the model read, `[CLS]` and `[SEP]` included.
 */
tokens: number, 
/**
 * Whether the text was longer than what is read of one, so that its end was cut off.
 */
truncated: boolean, 
/**
 * Why there is nothing to judge by, where there is not.
 */
reason?: Reason | null, 
/**
 * For each task that is about texts the probabilities of its labels, both in the manifest's order.
 */
tasks: Array<Array<number>>, };

/**
 * Thresholds of somebody's own, by the names of task and label. Other labels count from where the bundle says.
 */
export type Thresholds = { [key in string]: { [key in string]: number } };

/**
 * Why there is nothing to judge a text by.
 */
export type Reason = "no_words" | "unknown_words" | "other_language";
