// Starts the page, or says why it cannot. A file of its own, because the page's security policy forbids inline scripts.

import { startWorker } from "./engine.js";
import { lack } from "./lack.js";
import { KEEPING, bundleOf } from "./place.js";
import { Session } from "./session.js";
import { applyTheme } from "./theme.js";
import { Tools } from "./tools.js";

/** @import { Status } from "./protocol" */

/** What keeps the text while the page is got anew. It ends with the tab, and the text is taken out at once. */
const KEPT_TEXT = "undertone: text";

/** After so many milliseconds a page that has a model is kept, whether or not anything was typed. */
const OPEN_FOR = 10_000;

/** The page's program waits for the engine's worker no longer than so many milliseconds. */
const HEAD_START = 500;

applyTheme();

const place = /** @type {HTMLElement} */ (document.getElementById("page"));

/** @param {string} sentence */
const refuse = (sentence) => {
  const said = document.createElement("p");
  said.setAttribute("role", "alert");
  said.textContent = sentence;
  place.replaceChildren(said);
};

// Where the browser keeps nothing, as in some private windows, it throws.
const takeText = () => {
  try {
    return sessionStorage.getItem(KEPT_TEXT) ?? "";
  } catch {
    return "";
  } finally {
    keepText("");
  }
};

/** @param {string} text */
const keepText = (text) => {
  try {
    if (text) sessionStorage.setItem(KEPT_TEXT, text);
    else sessionStorage.removeItem(KEPT_TEXT);
  } catch {
    // Then the text is lost with the page.
  }
};

/** @param {string} text */
const reload = (text) => {
  keepText(text);
  location.reload();
};

/** The text that a link has in it: it stands behind the #, which no server sees. */
const linkedText = () => new URLSearchParams(location.hash.slice(1)).get("text") ?? "";

// To open such a link where the page is open already changes nothing else.
addEventListener("hashchange", () => {
  if (linkedText()) location.reload();
});

/** What the page's own program says that it cannot go on with. @param {unknown} reason */
const explained = (reason) => {
  if (reason instanceof WebAssembly.CompileError && /unsafe-eval|CSP|Content Security Policy/i.test(reason.message)) {
    return "The security policy of this site or of its host forbids WebAssembly: its script-src has to allow 'wasm-unsafe-eval'.";
  }
  return "The page's program did not arrive. Check the connection, and reload the page.";
};

/** What may keep the page: without HTTPS, and in some private windows, there is none, and in some frames it may not be looked at. */
const services = (() => {
  try {
    return navigator.serviceWorker;
  } catch {}
})();

/** Whether this page has come from the server, and not from what is kept of an earlier visit. */
const isFromServer = services?.controller?.scriptURL !== new URL("./sw.js", document.baseURI).href;

/**
 * Has the page kept for visits without a network when there is nothing more urgent: after the first answer, or when it was open for a while.
 * What fails may be mended by a new version, where one is kept already.
 *
 * @param {Session} session
 */
const keepForLater = (session) => {
  if (!services || window !== top) return;
  let hasBegun = false;
  const begin = async () => {
    if (hasBegun) return;
    hasBegun = true;
    const { keep } = await import("./offline.js");
    keep({ isFromServer, reload: () => reload(session.text) });
  };
  session.listen((update) => {
    if (typeof update === "string") return;
    if ("Answer" in update || (!isFromServer && "Status" in update && hasFailed(update.Status))) begin();
    else if ("Model" in update) setTimeout(begin, OPEN_FOR);
  });
};

/** @param {Status} status */
const hasFailed = (status) => typeof status === "object" && "Failed" in status;

/** Resolves when the engine's worker runs, or something has kept it from that. @type {Promise<void>} */
let begun = Promise.resolve();

/** @param {string} script */
const createWorker = (script) => {
  const worker = startWorker(script);
  begun = new Promise((resolve) => {
    for (const event of ["message", "error"]) worker.addEventListener(event, () => resolve(), { once: true });
    setTimeout(resolve, HEAD_START);
  });
  return worker;
};

/**
 * Where the browser is to save data a model is fetched when somebody says so, and one that is here is used.
 *
 * @param {Session} session
 * @param {string} bundle
 */
const startIfKept = async (session, bundle) => {
  const { isCurrent } = await import("./kept.js");
  if (await isCurrent(bundle)) session.start();
};

const start = async () => {
  // In the frame of offline.js, on a host that has this page for every address.
  if (window.name === KEEPING) return;
  const lacking = lack();
  if (lacking) return refuse(lacking);
  place.textContent = "Starting…";
  // A page that is got in advance may never be looked at.
  if (document.prerendering) await new Promise((resolve) => document.addEventListener("prerenderingchange", resolve));

  // The engine starts while the page's program is still on its way.
  const bundle = bundleOf(location.search);
  const session = new Session({ bundle, text: takeText() || linkedText(), reload, warmUp: !document.hidden, createWorker });
  const started = navigator.connection?.saveData ? startIfKept(session, bundle) : session.start();

  const program = /** @type {HTMLLinkElement} */ (document.getElementById("program"));
  try {
    const { default: init, open } = await import(program.href);
    // A browser needs this thread to start a worker, and the program would keep it busy: the first answer would come 56 ms later.
    await begun;
    await init({ module_or_path: new URL(/** @type {string} */ (program.dataset.wasm), document.baseURI) });
    // A mistake in the program ends it, and nothing on the page would tell.
    addEventListener("error", ({ error }) => {
      if (error instanceof WebAssembly.RuntimeError) refuse("The page has stopped because of a mistake in it. Reload the page.");
    });
    await started;
    open(session, new Tools(session));
    keepForLater(session);
  } catch (reason) {
    console.error(reason);
    session.stop();
    refuse(explained(reason));
  }
};

start();
