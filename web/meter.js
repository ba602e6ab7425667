// <undertone-meter for="comment">: tells the tone of a field, in a page that wants the engine in itself. The page's own policy holds what runs
// in it, and has to allow it; embed.js is for pages that would rather have ours.
//
// All meters of a page share one engine for each model.

import { adopt, Gauge } from "./gauge.js";
import { lack } from "./lack.js";
import { mock } from "./mock.js";
import { placed } from "./place.js";
import { Session } from "./session.js";
import { SharedEngine } from "./shared.js";
import { Teller } from "./teller.js";
import { Judge } from "./verdict.js";

/** @import { EngineOptions } from "./engine.js" */
/** @import { FailureKind } from "./protocol" */

/** By the bundle's address and pin. @type {Map<string, SharedEngine>} */
const engines = new Map();

/** @param {string} bundle @param {string} [sha256] */
const engine = (bundle, sha256) => {
  const wanted = `${bundle} ${sha256}`;
  const shared = engines.get(wanted) ?? new SharedEngine();
  engines.set(wanted, shared);
  return shared;
};

/** After any of these a field's text may be another. */
const CHANGES = ["input", "change", "focusin", "focusout", "keyup"];

/** After so many milliseconds a page is told that there is no field. */
const LATE = 3000;

/** @typedef {HTMLElement & { value?: string }} Field */

export class Meter extends HTMLElement {
  static observedAttributes = ["for", "task", "threshold", "model", "sha256", "mock", "base"];

  #gauge = new Gauge();
  /** @type {Session | undefined} */
  #session;
  /** @type {Field | undefined} */
  #field;
  /** Looks for a field that comes late. @type {MutationObserver | undefined} */
  #search;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #late;
  #text = "";

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.append(this.#gauge.element);
    adopt(root);
  }

  /** The text, for what is no field. */
  get value() {
    return this.#text;
  }

  set value(text) {
    if (text === this.#text) return;
    this.#text = text;
    this.#begin();
    this.#session?.say(text);
  }

  connectedCallback() {
    this.#find();
  }

  disconnectedCallback() {
    this.#end();
  }

  attributeChangedCallback() {
    if (!this.isConnected) return;
    const isBegun = this.#session !== undefined;
    this.#end();
    this.#find();
    if (isBegun) this.#begin();
  }

  /** Takes the field up that `for` names by its id, now or when it comes. */
  #find() {
    const id = this.getAttribute("for");
    if (!id) return;
    const root = /** @type {Document | ShadowRoot} */ (this.getRootNode());
    const field = /** @type {Field | null} */ (root.getElementById(id));
    if (field === this.#field) return;
    this.#drop();
    if (!this.#search) {
      this.#search = new MutationObserver(() => this.#find());
      this.#search.observe(root, { childList: true, subtree: true, attributeFilter: ["id"] });
    }
    if (!field) {
      this.#late ??= setTimeout(() => this.#complain(id), LATE);
      return;
    }
    clearTimeout(this.#late);
    this.#field = field;
    for (const change of CHANGES) field.addEventListener(change, this.#read);
    if (this.getAttribute("start") === "load" || field.matches(":focus")) this.#read();
  }

  /** @param {string} id */
  #complain(id) {
    console.info(`Undertone: nothing has the id “${id}” yet that <undertone-meter for> names; a field that comes later is taken up then.`);
  }

  #drop() {
    for (const change of CHANGES) this.#field?.removeEventListener(change, this.#read);
    this.#field = undefined;
  }

  /** Ends what goes on; the text stays. */
  #end() {
    this.#search?.disconnect();
    clearTimeout(this.#late);
    this.#search = this.#late = undefined;
    this.#drop();
    this.#session?.stop();
    this.#session = undefined;
    this.#gauge.clear();
  }

  #read = () => {
    const field = this.#field;
    if (!field) return;
    this.#begin();
    this.value = field.value ?? field.innerText;
  };

  #begin() {
    if (this.#session || !this.isConnected) return;
    const lacking = lack();
    if (lacking) return this.#fail("engine", lacking);
    try {
      this.#session = this.#open();
    } catch (reason) {
      return this.#fail("text", /** @type {Error} */ (reason).message);
    }
    const start = () => this.#session?.start();
    if (navigator.connection?.saveData || this.getAttribute("start") === "click") this.#gauge.offer(start);
    else start();
  }

  #open() {
    const [name, wish] = [this.getAttribute("model"), this.getAttribute("mock")];
    if (name && !/^[\w-]+$/.test(name)) throw new RangeError(`“${name}” is no model's name.`);
    const { folder, models } = placed(this.getAttribute("base") ?? undefined);
    const bundle = `${models}${name ?? "undertone"}/`;
    const sha256 = this.getAttribute("sha256") ?? undefined;
    const judge = new Judge(this.getAttribute("task") ?? "", this.getAttribute("threshold") ?? "");
    const startEngine = wish === null ? (/** @type {EngineOptions} */ options) => engine(bundle, sha256).join(options) : mock(wish);
    const options = { folder, bundle, sha256, text: this.#text, explainAfter: Infinity, startEngine };
    const session = new Session(wish === null ? options : { ...options, retryAfter: 0 });
    const tell = (/** @type {string} */ event, /** @type {unknown} */ detail) => this.#tell(event, detail);
    const teller = new Teller(this.#gauge, judge, tell, { retry: () => session.retry(), stop: () => session.stop() });
    session.listen((update) => teller.hear(update));
    return session;
  }

  /** @param {FailureKind} kind @param {string} sentence */
  #fail(kind, sentence) {
    this.#gauge.say(sentence);
    this.#tell("error", { kind, sentence });
  }

  /** @param {string} event @param {any} detail */
  #tell(event, detail) {
    if (event === "error") console.info(`Undertone: ${detail.sentence}`);
    this.dispatchEvent(new CustomEvent(event, { detail }));
  }
}

const NAME = "undertone-meter";

// Whoever loads this twice has it once.
if (!customElements.get(NAME)) customElements.define(NAME, Meter);
