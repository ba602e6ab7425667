// The page's side of what keeps it for visits without a network. The work is done in a hidden page of the site (offline.html), since this page's
// policy forbids it; that one tells how far it is, and is told nothing.

import { KEEPING } from "./place.js";

/** Which version this page is (scripts/site). */
const VERSION = document.documentElement.dataset.version;

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * @param {object} options
 * @param {boolean} options.isFromServer whether this page has come from the server, and so is the newest, whatever is kept of earlier visits
 * @param {() => void} options.reload gets the page anew
 */
export const keep = ({ isFromServer, reload }) => {
  element("update").querySelector("button")?.addEventListener("click", reload);
  /** @type {string | undefined} */
  let older;
  const frame = document.createElement("iframe");
  // By it start.js finds out where it is: some hosts have one page for every address.
  frame.name = KEEPING;
  frame.title = "Keeps the page for visits without a network";
  frame.hidden = true;
  frame.src = `./offline.html${location.search}`;
  addEventListener("message", ({ source, data }) => {
    if (source !== frame.contentWindow || typeof data?.version !== "string") return;
    const { version, isKept } = data;
    if (isFromServer && version !== VERSION) older ??= version;
    else isFromServer = false;
    const isNews = version !== VERSION && version !== older;
    // Screen readers hear of it from the page's program.
    if (isNews && element("update").hidden) dispatchEvent(new Event("undertone:update"));
    element("update").hidden = !isNews;
    if (isKept) element("offline").hidden = false;
  });
  document.body.append(frame);
};
