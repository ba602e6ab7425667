// One line in somebody's page tells the tone of what is typed there:
//
//   <script src="https://host/embed.js" data-for="#comment" async></script>
//
// The model runs in a frame with a policy of its own, so that the browser lets nothing leave it. Before the reader focuses the field nothing
// but this script is fetched, and nothing is stored. Fields are looked for when something is focused, so that they may come and go as they
// like. Written into one classic script by scripts/site, with what it imports; docs/EMBEDDING.md has the attributes.

import { Field, say } from "./embed/field.js";
import { nudge } from "./embed/nudge.js";

/** @import { Element } from "./embed/field.js" */

/** What texts are typed into; others of a form's fields are none of ours. */
const KINDS = "textarea, input:not([type]), input[type=text], input[type=search], [contenteditable]:not([contenteditable=false])";

/** After so many milliseconds a page is told that nothing matches. */
const LATE = 3000;

/** After any of these a field's text may be another. */
const CHANGES = ["input", "change", "reset", "focusout", "keyup", "click"];

/** The selectors that scripts in this page care for: a second script for the same does nothing. */
const page = /** @type {typeof window & { undertoneFields?: Set<string> }} */ (window);
page.undertoneFields ??= new Set();

/** @param {HTMLScriptElement} script */
const embed = (script) => {
  const { src, dataset } = script;
  const { for: selector = "", place, nudge: nudges } = dataset;
  const base = new URL(".", src).href;
  try {
    document.querySelector(selector);
  } catch {
    return say(`data-for="${selector}" is no selector of a field: write one as in data-for="#comment".`);
  }
  if (page.undertoneFields?.has(selector)) return;
  page.undertoneFields?.add(selector);

  const { task, threshold, model, sha256, start, mock } = dataset;
  const options = { base, place, settings: { task, threshold, model, sha256, start, mock }, theme: () => dataset.theme ?? "" };
  /** Those that have a frame. @type {Map<Element, Field>} */
  const fields = new Map();
  let isPending = false;

  const sync = () => {
    isPending = false;
    for (const [element, field] of fields) if (!field.sync()) fields.delete(element);
    if (fields.size === 0) removals.disconnect();
  };
  const syncSoon = () => {
    if (isPending || fields.size === 0) return;
    isPending = true;
    setTimeout(sync);
  };
  const removals = new MutationObserver(syncSoon);

  /** @param {EventTarget | null | undefined} target */
  const focused = (target) => {
    const element = target instanceof HTMLElement && target.closest(selector) && /** @type {Element} */ (target.closest(KINDS));
    if (!element || !element.isConnected) return syncSoon();
    const field = fields.get(element) ?? new Field(element, options);
    if (fields.size === 0) removals.observe(document, { childList: true, subtree: true });
    fields.set(element, field);
    field.mount();
    syncSoon();
  };

  addEventListener("focusin", (event) => focused(event.composedPath()[0]), true);
  for (const change of CHANGES) addEventListener(change, syncSoon, true);
  const themes = new MutationObserver(() => fields.forEach((field) => field.theme()));
  themes.observe(script, { attributeFilter: ["data-theme"] });
  document.addEventListener("securitypolicyviolation", ({ blockedURI, effectiveDirective }) => {
    const isOurs = /^(frame|child|default)-src/.test(effectiveDirective) && blockedURI.startsWith(new URL(base).origin);
    if (!isOurs) return;
    const sentence = `This page's security policy forbids the frame: its frame-src has to allow ${new URL(base).origin}.`;
    for (const field of fields.values()) field.fail("policy", sentence);
    fields.clear();
  });
  if (nudges !== undefined && nudges !== "false") {
    addEventListener("submit", (event) => nudge(event, fields.values(), options.theme()), true);
  }
  focused(document.activeElement);
  setTimeout(() => report(selector), LATE);
};

/** Says what a page may wonder about. @param {string} selector */
const report = (selector) => {
  const found = [...document.querySelectorAll(selector)];
  if (found.length === 0) return say(`Nothing matches data-for="${selector}" yet; a field that comes later is taken up when it is focused.`);
  if (found.some((element) => element.matches(KINDS) || element.querySelector(KINDS))) return;
  const isForeign = found.some((element) => element.matches("iframe") || element.querySelector("iframe"));
  say(
    isForeign
      ? `What data-for="${selector}" matches is in a frame of another site, as Disqus and giscus have it: no page can read what is typed there.`
      : `What data-for="${selector}" matches is no field and has none in it: name a textarea, an input or something that is contenteditable.`,
  );
};

const own = document.currentScript;
if (own instanceof HTMLScriptElement && own.src) embed(own);
else say("embed.js has to be the src of a script that is no module.");
