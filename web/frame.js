// What stands in the frame below a field of somebody's page (embed.html): hears the field's text from that page, and shows and tells what the
// model says of it.
//
// The page that has the frame sends one message with a port in it, and all else goes through that port: whoever is not that page has none.
// Frames of one page are of one origin and so can reach each other: the first that needs an engine starts it, and the others ask it there.
// When its frame is taken away, the engine ends with it, and one of the others starts the next.

import { adopt, Gauge } from "./gauge.js";
import { lack } from "./lack.js";
import { mock } from "./mock.js";
import { BUNDLE, MODELS } from "./place.js";
import { Session } from "./session.js";
import { SharedEngine } from "./shared.js";
import { Teller } from "./teller.js";
import { Judge } from "./verdict.js";

/** @import { Failure, Update } from "./protocol" */

/**
 * What the page says of how it wants things; all of it as its attributes have it.
 *
 * @typedef {{ task?: string, threshold?: string, model?: string, sha256?: string, start?: string, mock?: string }} Settings
 */

/** @typedef {Pick<Session, "say" | "start" | "retry" | "stop">} Asking */

/**
 * What a frame has for the others of its page.
 *
 * @typedef {{ open: (bundle: string, sha256: string | undefined, text: string, hear: (update: Update) => void, lost: () => void) => Asking }} Desk
 */

/** Which messages this frame understands. A page may have kept an older or a newer embed.js. */
const VERSION = 1;

const PAGE_STYLE = `
  :root { color-scheme: light dark }
  :root[data-theme="light"] { color-scheme: light }
  :root[data-theme="dark"] { color-scheme: dark }
  body { margin: 0; background: Canvas; color: CanvasText; overflow: hidden }
`;

/** The desks of this page's frames, by their windows, of which the last is another word for `window`. */
const scope = /** @type {typeof window & { undertoneDesk?: Desk }} */ (window);

/** Where this page's engine is: in a frame that has one, or else here from now on. @returns {Desk} */
const desk = () => {
  for (let index = 0; index < parent.frames.length; index += 1) {
    try {
      const found = /** @type {typeof scope} */ (parent.frames[index]).undertoneDesk;
      if (found) return found;
    } catch {
      // That frame is somebody else's.
    }
  }
  scope.undertoneDesk = openDesk();
  return scope.undertoneDesk;
};

/** @returns {Desk} */
const openDesk = () => {
  /** @type {Map<string, SharedEngine>} */
  const engines = new Map();
  /** @type {Set<() => void>} */
  const guests = new Set();
  addEventListener("pagehide", ({ persisted }) => {
    if (persisted) return;
    scope.undertoneDesk = undefined;
    for (const lost of guests) lost();
  });
  return {
    open(bundle, sha256, text, hear, lost) {
      const wanted = `${bundle} ${sha256}`;
      const engine = engines.get(wanted) ?? new SharedEngine();
      engines.set(wanted, engine);
      const session = new Session({ bundle, sha256, text, explainAfter: Infinity, startEngine: (options) => engine.join(options) });
      session.listen(hear);
      guests.add(lost);
      return {
        say: (text) => session.say(text),
        start: () => session.start(),
        retry: () => session.retry(),
        stop() {
          guests.delete(lost);
          session.stop();
        },
      };
    },
  };
};

/** One field's frame, from the page's first message on. */
class Frame {
  #port;
  #settings;
  #gauge;
  #teller;
  #text = "";
  /** The number that the page has given its text. */
  #sequence = 0;
  /** @type {Asking | undefined} */
  #asking;
  #hasStarted = false;

  /**
   * @param {MessagePort} port
   * @param {Settings} settings
   * @param {Gauge} gauge
   */
  constructor(port, settings, gauge) {
    this.#port = port;
    this.#settings = settings;
    this.#gauge = gauge;
    const tell = (/** @type {string} */ event, /** @type {unknown} */ detail) => this.#tell(event, detail);
    const judge = new Judge(settings.task, settings.threshold);
    this.#teller = new Teller(gauge, judge, tell, { retry: () => this.#asking?.retry(), stop: () => this.#asking?.stop() });
    port.onmessage = ({ data }) => this.#receive(data);
    this.#reach();
    if (navigator.connection?.saveData || settings.start === "click") this.#offer();
    else this.#start();
  }

  /** @param {unknown} message */
  #receive(message) {
    const { text, sequence, theme } = /** @type {{ text?: string, sequence?: number, theme?: string }} */ (message ?? {});
    if (typeof theme === "string") document.documentElement.dataset.theme = theme;
    if (typeof text !== "string") return;
    [this.#text, this.#sequence] = [text, Number(sequence)];
    this.#asking?.say(text);
  }

  #offer() {
    this.#gauge.offer(() => this.#start());
  }

  #start() {
    this.#hasStarted = true;
    this.#asking?.start();
  }

  /** Begins to ask whoever has the engine, or goes on with somebody else. */
  #reach() {
    const { model, sha256, mock: wish } = this.#settings;
    if (model && !/^[\w-]+$/.test(model)) throw new RangeError(`“${model}” is no model's name.`);
    const bundle = model ? `${MODELS}${model}/` : BUNDLE;
    const hear = (/** @type {Update} */ update) => this.#teller.hear(update);
    if (wish) this.#asking = openMock(wish, bundle, this.#text, hear);
    // Not at once: where all of the page is being left there is nobody to go on for.
    else this.#asking = desk().open(bundle, sha256, this.#text, hear, () => setTimeout(() => this.#reach()));
    if (this.#hasStarted) this.#start();
  }

  /** @param {string} event @param {unknown} detail */
  #tell(event, detail) {
    this.#port.postMessage({ event, detail, sequence: this.#sequence });
  }
}

/** @param {string} wish @param {string} bundle @param {string} text @param {(update: Update) => void} hear */
const openMock = (wish, bundle, text, hear) => {
  const session = new Session({ bundle, text, explainAfter: Infinity, startEngine: mock(wish), retryAfter: 0 });
  session.listen(hear);
  return session;
};

const gauge = new Gauge();
document.body.replaceChildren(gauge.element);
adopt(document);
adopt(document, PAGE_STYLE);

/** @param {MessagePort} port how high the frame is to be */
const tellHeight = (port) => {
  const tell = () => port.postMessage({ height: Math.ceil(gauge.element.getBoundingClientRect().height) });
  new ResizeObserver(tell).observe(gauge.element);
  // A frame that was out of sight may not have been laid out.
  new IntersectionObserver(tell).observe(gauge.element);
};

/** @param {MessagePort} port @param {Failure["kind"]} kind @param {string} sentence */
const refuse = (port, kind, sentence) => {
  gauge.say(sentence);
  port.postMessage({ event: "error", detail: { kind, sentence } });
};

/** @param {MessageEvent} event */
const begin = ({ source, data, ports: [port] }) => {
  // What a stranger sends is nobody's business here.
  if (source !== parent || !port || typeof data?.undertone !== "number") return;
  removeEventListener("message", begin);
  port.postMessage({ begun: VERSION });
  tellHeight(port);
  if (data.undertone !== VERSION) {
    return refuse(port, "build", `The page has version ${data.undertone} of embed.js, and the site has ${VERSION}: the newer one is to be used.`);
  }
  const lacking = lack();
  if (lacking) return refuse(port, "engine", lacking);
  document.documentElement.dataset.theme = String(data.theme ?? "");
  try {
    new Frame(port, data.settings ?? {}, gauge);
  } catch (reason) {
    refuse(port, "text", /** @type {Error} */ (reason).message);
  }
};

if (parent === window) gauge.say("This page is for the inside of others: embed.js puts it below a field of theirs.");
else addEventListener("message", begin);
