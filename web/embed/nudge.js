// Asks the writer once before a text is sent that the model has marked: "post anyway" or "edit". It is never in the way: where there is no
// answer of the model to the text as it stands, nothing is asked.
//
// That half of the writers who are asked so edit or drop what they wrote is what OpenWeb and Jigsaw found (2020), and Twitter a third.

/** @import { Field } from "./field.js" */

const NUDGE_STYLE = `
  dialog { font: 1rem/1.5 system-ui, sans-serif; color-scheme: light dark; background: Canvas; color: CanvasText; max-width: 26rem;
    border: 1px solid GrayText; border-radius: 12px; padding: 1.25rem }
  dialog::backdrop { background: rgb(0 0 0 / 45%) }
  h2 { font-size: 1.125rem; margin: 0 0 0.5rem } p { margin: 0 0 1rem }
  div { display: flex; gap: 0.75rem; justify-content: flex-end; flex-wrap: wrap }
  button { font: inherit; min-height: 44px; padding: 0 1rem; cursor: pointer }
`;

/** @param {string} kind @param {string} text */
const made = (kind, text) => Object.assign(document.createElement(kind), { textContent: text });

/**
 * Asks, and goes on with `post` or with the field.
 *
 * @param {Field} field
 * @param {string[]} present
 * @param {string} theme
 * @param {() => void} post
 */
const ask = (field, present, theme, post) => {
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(NUDGE_STYLE);
    root.adoptedStyleSheets = [sheet];
  } catch {
    // The browser's own style does, too.
  }
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "title");
  dialog.setAttribute("aria-describedby", "why");
  if (theme === "light" || theme === "dark") dialog.style.colorScheme = theme;
  const title = Object.assign(made("h2", "Post this as it is?"), { id: "title" });
  const names = present.map((name) => name.replace(/[_-]/g, " ")).join(", ");
  const why = Object.assign(
    made("p", `A language model in your browser reads it as: ${names}. It may be wrong, and the choice is yours.`),
    { id: "why" },
  );
  const [anyway, edit] = ["Post anyway", "Edit"].map((text) => Object.assign(made("button", text), { type: "button" }));
  const buttons = document.createElement("div");
  buttons.append(anyway, edit);
  dialog.append(title, why, buttons);
  root.append(dialog);
  // Whatever closes it, Escape too, is an edit unless it is the one button.
  let act = () => field.element.focus();
  anyway.addEventListener("click", () => {
    act = post;
    dialog.close();
  });
  edit.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    host.remove();
    act();
  });
  document.body.append(host);
  dialog.showModal();
  edit.focus();
};

/**
 * Holds the form's sending up once for each text that has something in it.
 *
 * @param {SubmitEvent} event
 * @param {Iterable<Field>} fields
 * @param {string} theme
 */
const nudge = (event, fields, theme) => {
  const form = event.target;
  for (const field of fields) {
    if (field.form !== form || !field.sync()) continue;
    const { present, text } = field;
    if (!present?.length || field.nudged === text) continue;
    field.nudged = text;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { submitter } = event;
    const again = () => /** @type {HTMLFormElement} */ (form).requestSubmit(submitter?.isConnected ? submitter : null);
    const offered = new CustomEvent("undertone-nudge", { bubbles: true, composed: true, cancelable: true, detail: { present, post: again } });
    if (field.element.dispatchEvent(offered)) ask(field, present, theme, again);
    return;
  }
};

export { nudge };
