// What the hidden page does (offline.html): has the browser keep the site's files (sw.js), and tells the page that it stands in how far that is.
//
// The service worker answers for this page, too, so that this page is always of the version that a reload would get: it says which that is.
// When another version takes over, this page is got anew.

import { keptManifest } from "./kept.js";
import { bundleOf } from "./place.js";

const WORKER = "./sw.js";

/** How often, and after how many milliseconds first, is looked whether the engine has kept its model: it does so in its own time. */
const LOOKS = 8;
const PAUSE = 250;

/** @param {boolean} isKept */
const tell = (isKept) => {
  parent.postMessage({ version: document.documentElement.dataset.version, isKept }, location.origin);
};

/**
 * Whether the server has a service worker: no where it has none any more, and nothing where that cannot be told.
 *
 * @returns {Promise<boolean | undefined>}
 */
const hasWorker = async () => {
  try {
    const response = await fetch(WORKER, { cache: "no-cache" });
    const kind = response.headers.get("Content-Type") ?? "";
    if (response.ok && /javascript|ecmascript/i.test(kind)) return true;
    // A page for every address, and not one to log in with.
    const isPage = response.ok && !response.redirected && kind.startsWith("text/html");
    return response.status === 404 || response.status === 410 || isPage ? false : undefined;
  } catch {
    return undefined;
  }
};

/** The site has been taken back to a version without any of this: what is kept would be in its way for ever. */
const withdraw = async () => {
  const scope = new URL("./", location.href).href;
  const registration = await navigator.serviceWorker.getRegistration(scope);
  if (registration?.scope !== scope) return;
  await registration.unregister();
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(`undertone ${scope} `)).map((name) => caches.delete(name)));
};

const tellOfModel = async () => {
  const bundle = bundleOf(location.search);
  for (let look = 0; look < LOOKS; look += 1) {
    if (await keptManifest(bundle)) return tell(true);
    await new Promise((resolve) => setTimeout(resolve, PAUSE << look));
  }
};

const keep = async () => {
  const { serviceWorker } = navigator;
  const isThere = await hasWorker();
  if (isThere === false) return withdraw();
  const isOurs = serviceWorker.controller?.scriptURL === new URL(WORKER, location.href).href;
  serviceWorker.addEventListener("controllerchange", () => location.reload());
  if (isOurs) tell(false);
  if (isThere) await serviceWorker.register(WORKER, { updateViaCache: "none" });
  if (isOurs) await tellOfModel();
};

// Where the browser keeps nothing, as in some private windows, the page works all the same.
keep().catch(() => {});
