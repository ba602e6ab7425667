// A small gauge for a field in somebody's page: how far loading is, what the answer comes down to, and how likely each label is. It has
// the colours of what it stands in, light or dark.

import { BYTES } from "./place.js";
import { megabytes, percent, title } from "./verdict.js";

/** @import { Status } from "./protocol" */
/** @import { JudgedTask, Verdict } from "./verdict.js" */

/** As a sheet that scripts make it is subject to no policy on styles, and works inside of a shadow root. */
const STYLE = `
  .gauge { font: 0.875rem/1.45 system-ui, sans-serif; padding: 0.4em 0; color: inherit; overflow-wrap: anywhere }
  .gauge p { margin: 0 }
  .gauge ul { list-style: none; margin: 0.35em 0 0; padding: 0; display: grid; gap: 0.15em 1.2em;
    grid-template-columns: repeat(auto-fill, minmax(min(13em, 100%), 1fr)) }
  .gauge li { display: grid; grid-template-columns: 1fr 4em 3em; gap: 0.5em; align-items: center }
  .gauge li span:last-child { text-align: right; font-variant-numeric: tabular-nums }
  .gauge .track { height: 0.5em; border: 1px solid currentColor; border-radius: 0.25em; overflow: hidden }
  .gauge .track i { display: block; height: 100%; background: currentColor }
  .gauge .present { font-weight: 700 }
  .gauge .present::before { content: "▲ " / "" }
  .gauge [data-behind] { opacity: 0.7 }
  .gauge button { font: inherit; min-height: 2em; cursor: pointer }
  @media (pointer: coarse) { .gauge button { min-height: 44px } }
  @media (forced-colors: active) { .gauge .track i { background: CanvasText } }
`;

/** @param {Document | ShadowRoot} root */
export const adopt = (root, style = STYLE) => {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  } catch {
    // Browsers of before 2022 (Safari: 2023) have no such sheets; it is all there without one, too.
  }
};

export class Gauge {
  #line = document.createElement("p");
  #bars = document.createElement("ul");
  #button = document.createElement("button");
  #act = () => {};
  element = document.createElement("div");

  constructor() {
    this.element.className = "gauge";
    this.#line.setAttribute("role", "status");
    this.#bars.setAttribute("role", "list");
    this.#button.type = "button";
    this.#button.addEventListener("click", () => this.#act());
    this.element.append(this.#line, this.#bars, this.#button);
    this.clear();
  }

  /** There is nothing to say. */
  clear() {
    this.say("");
  }

  /**
   * @param {string} sentence
   * @param {string} [button] what can be done about it
   * @param {() => void} [act]
   */
  say(sentence, button = "", act = () => {}) {
    if (this.#line.textContent !== sentence) this.#line.textContent = sentence;
    this.#line.hidden = sentence === "";
    this.#bars.hidden = true;
    this.#button.hidden = button === "";
    this.#button.textContent = button;
    this.#act = act;
  }

  /** Asks before anything is fetched. @param {() => void} start */
  offer(start) {
    const fetched = `It is fetched once, ${megabytes(BYTES)} MB; your text is sent nowhere.`;
    this.say(`A language model can tell the tone of what you write, here in your browser. ${fetched}`, "Fetch it", start);
  }

  /**
   * Where an engine stands.
   *
   * @param {Status} status
   * @param {() => void} retry
   */
  stands(status, retry) {
    if (typeof status === "object" && "Failed" in status) return this.say(status.Failed.sentence, "Try again", retry);
    if (typeof status === "object") {
      const { received, total } = status.Fetching;
      return this.say(`Fetching the model: ${megabytes(received)} of ${megabytes(total)} MB, once.`);
    }
    if (status === "Starting" || status === "Preparing") return this.say("Getting the model ready.");
    if (status === "Ready") this.clear();
  }

  /** The answer is about an earlier text. */
  behind() {
    this.#bars.dataset.behind = "";
  }

  /** @param {Verdict} verdict */
  show({ reason, truncated, tasks }) {
    const verdicts = tasks.filter(({ isWithheld }) => !isWithheld).map(({ task, words }) => `${title(task)}: ${words}.`);
    const cut = truncated ? ["Only the beginning was read."] : [];
    this.say([...(reason ? [reason] : []), ...verdicts, ...cut].join(" "));
    this.#bars.hidden = false;
    delete this.#bars.dataset.behind;
    this.#bars.replaceChildren(...tasks.filter(({ isWithheld }) => !isWithheld).flatMap(bars));
  }
}

/** @param {JudgedTask} task */
const bars = ({ task, labels }) =>
  labels.map(({ label, probability, threshold, isPresent }) => {
    const bar = document.createElement("li");
    Object.assign(bar.dataset, { task, label, probability: String(probability), threshold: String(threshold) });
    const [name, track, share] = ["span", "span", "span"].map((kind) => document.createElement(kind));
    name.textContent = title(label);
    if (isPresent) name.className = "present";
    track.className = "track";
    track.setAttribute("aria-hidden", "true");
    const filled = document.createElement("i");
    filled.style.width = `${probability * 100}%`;
    track.append(filled);
    share.textContent = percent(probability);
    bar.append(name, track, share);
    return bar;
  });
