// Starts the page, or says why it cannot. A file of its own, because the page's security policy forbids inline scripts.

import { lack } from "./lack.js";
import { MODELS } from "./place.js";
import { Session } from "./session.js";
import { Tools } from "./tools.js";

/** What keeps the text while the page is got anew. It ends with the tab, and the text is taken out at once. */
const KEPT_TEXT = "undertone: text";

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

/** The bundle that the address asks for: one of this site's own, by the name of its folder. */
const bundle = () => {
  const name = new URLSearchParams(location.search).get("bundle");
  return name && /^[\w-]+$/.test(name) ? `${MODELS}${name}/` : undefined;
};

/** What the page's own program says that it cannot go on with. @param {unknown} reason */
const explained = (reason) => {
  if (reason instanceof WebAssembly.CompileError && /unsafe-eval|CSP|Content Security Policy/i.test(reason.message)) {
    return "The security policy of this site or of its host forbids WebAssembly: its script-src has to allow 'wasm-unsafe-eval'.";
  }
  return "The page's program did not arrive. Check the connection, and reload the page.";
};

const start = async () => {
  const lacking = lack();
  if (lacking) return refuse(lacking);
  place.textContent = "Starting…";
  // A page that is got in advance may never be looked at.
  if (document.prerendering) await new Promise((resolve) => document.addEventListener("prerenderingchange", resolve));

  // The engine starts while the page's program is still on its way.
  const session = new Session({ bundle: bundle(), text: takeText() || linkedText(), reload, warmUp: !document.hidden });
  if (!navigator.connection?.saveData) session.start();

  const program = /** @type {HTMLLinkElement} */ (document.getElementById("program"));
  try {
    const { default: init, open } = await import(program.href);
    await init({ module_or_path: new URL(/** @type {string} */ (program.dataset.wasm), document.baseURI) });
    // A mistake in the program ends it, and nothing on the page would tell.
    addEventListener("error", ({ error }) => {
      if (error instanceof WebAssembly.RuntimeError) refuse("The page has stopped because of a mistake in it. Reload the page.");
    });
    open(session, new Tools({ bundle: bundle() }));
  } catch (reason) {
    console.error(reason);
    session.stop();
    refuse(explained(reason));
  }
};

start();
