// A field of the page, and the frame below it that tells its tone.

/** @typedef {HTMLElement & { value?: string, form?: HTMLFormElement | null }} Element */

/** @typedef {{ base: string, settings: Record<string, string | undefined>, place?: string, theme: () => string }} Options */

/** Which messages the frame is to understand (web/frame.js). */
const VERSION = 1;

/** No model reads more of a text. */
const LONGEST = 100_000;

/** A frame that has loaded and does not answer for so many milliseconds is none of ours. */
const PATIENCE = 20_000;

/** So often a frame is put back that the page has taken away, and the field is still there. */
const MOST_RETURNS = 3;

/** @param {string} sentence */
const say = (sentence) => console.info(`Undertone: ${sentence}`);

class Field {
  #options;
  /** @type {HTMLIFrameElement | undefined} */
  #frame;
  /** @type {MessagePort | undefined} */
  #port;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #returns = 0;
  #text = "";
  #sequence = 0;
  /** What is present in the text as it stands, if the model has said. @type {string[] | undefined} */
  present;
  /** The text about which the writer was asked. @type {string | undefined} */
  nudged;

  /**
   * @param {Element} element
   * @param {Options} options
   */
  constructor(element, options) {
    this.element = element;
    this.#options = options;
  }

  get text() {
    return this.element.value ?? this.element.innerText;
  }

  get form() {
    return this.element.form ?? this.element.closest("form");
  }

  /** The frame is put below the field, unless it is there. */
  mount() {
    if (this.#frame) return;
    const { base, place } = this.#options;
    const frame = document.createElement("iframe");
    frame.src = `${base}embed.html`;
    frame.title = "The tone of the text";
    frame.referrerPolicy = "no-referrer";
    frame.setAttribute("sandbox", "allow-scripts allow-same-origin");
    frame.style.cssText = "display: block; width: 100%; height: 0; border: 0; color-scheme: light dark";
    frame.addEventListener("load", () => this.#greet(frame));
    this.#frame = frame;
    this.#wait(3 * PATIENCE);
    const spot = place && document.querySelector(place);
    if (spot) spot.append(frame);
    else this.element.after(frame);
  }

  /** What has to be done after anything may have happened: false if the field has gone. */
  sync() {
    if (!this.element.isConnected) {
      this.unmount();
      return false;
    }
    if (this.#frame && !this.#frame.isConnected) {
      this.unmount();
      this.#returns += 1;
      if (this.#returns <= MOST_RETURNS) this.mount();
      else this.fail("policy", "The page takes the frame away again and again; name a place for it with data-place.");
    }
    this.#send();
    return true;
  }

  unmount() {
    clearTimeout(this.#timer);
    this.#port?.close();
    this.#frame?.remove();
    this.#frame = this.#port = this.present = undefined;
    this.#text = "";
  }

  theme() {
    this.#port?.postMessage({ theme: this.#options.theme() });
  }

  /** @param {string} kind @param {string} sentence */
  fail(kind, sentence) {
    this.unmount();
    say(sentence);
    this.#tell("error", { kind, sentence });
  }

  /** What the frame is to be asked before anything else. @param {HTMLIFrameElement} frame */
  #greet(frame) {
    if (frame !== this.#frame) return;
    const { base, settings, theme } = this.#options;
    const { port1, port2 } = new MessageChannel();
    this.#port?.close();
    this.#port = port1;
    port1.onmessage = ({ data }) => this.#hear(data);
    this.#wait(PATIENCE);
    this.#text = "";
    frame.contentWindow?.postMessage({ undertone: VERSION, settings, theme: theme() }, new URL(base).origin, [port2]);
    this.#send();
  }

  /** @param {number} milliseconds */
  #wait(milliseconds) {
    clearTimeout(this.#timer);
    const { base } = this.#options;
    const why = navigator.onLine ? `it may be missing there, or may not be framed: see ${base}embed.html` : "this device is offline";
    this.#timer = setTimeout(() => this.fail("network", `The frame from ${base} does not answer; ${why}.`), milliseconds);
  }

  #send() {
    const { text } = this;
    if (!this.#port || text === this.#text) return;
    this.#text = text;
    this.present = undefined;
    this.#sequence += 1;
    this.#port.postMessage({ text: text.slice(0, LONGEST), sequence: this.#sequence });
  }

  /** @param {any} message */
  #hear({ begun, height, event, detail, sequence }) {
    if (begun) clearTimeout(this.#timer);
    if (height !== undefined && this.#frame) this.#frame.style.height = `${height}px`;
    if (!event) return;
    if (event === "error") say(detail.sentence);
    if (event === "score") {
      if (sequence !== this.#sequence) return;
      this.present = detail.present;
      detail.truncated ||= this.#text.length > LONGEST;
    }
    this.#tell(event, detail);
  }

  /** @param {string} event @param {unknown} detail */
  #tell(event, detail) {
    this.element.dispatchEvent(new CustomEvent(`undertone-${event}`, { bubbles: true, composed: true, detail }));
  }
}

export { Field, say };
