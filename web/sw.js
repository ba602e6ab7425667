// The service worker: answers for the site's own files, so that the page opens without a network.
//
// On hosts that send no headers no policy binds it, so it is given nothing to tell: it hears no messages, and of requests it answers those GETs
// that ask for a file of its list; whatever else is asked for goes to the network as if it were not there. The model is none of these files: the
// engine keeps that itself (src/worker/store.rs).
//
// Every file of the list but the pages has its content in its address, and the pages name theirs by it, so that a page and what it gets are of
// one version always. A new version takes over once all of it is here: the next page that is opened is its own, and an open page of an older one
// gets its files from the older one's cache, which goes when no such page is left.
//
// scripts/site writes the version and the list, and makes `sw.js` at the site's root of this.

const VERSION = "";

/** By its address the SHA-256 of each file, and nothing for pages, which some hosts add to: they have the version in them. @type {Record<string, string>} */
const FILES = {};

const SCOPE = registration.scope;
const PREFIX = `undertone ${SCOPE} `;
const CACHE = `${PREFIX}${VERSION}`;

/** As in boot.js: of the engine's builds the one that this browser runs is kept. */
const RELAXED_PROBE = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15,
  253, 146, 2, 11,
];
const OTHER_BUILD = WebAssembly.validate(new Uint8Array(RELAXED_PROBE)) ? "/worker." : "/worker_relaxed.";

/** What is kept is asked for by its address alone. */
const ANYHOW = { ignoreVary: true };

const isPage = (/** @type {string} */ name) => FILES[name] === "";

/** Which file of the site is at `address`; none if it is elsewhere. A page may be asked for with anything behind it. @param {string} address */
const fileAt = (address) => {
  const { origin, pathname, search } = new URL(address);
  const place = `${origin}${pathname}`;
  if (!place.startsWith(SCOPE)) return undefined;
  const name = place.slice(SCOPE.length).replace(/^(index\.html)?$/, "./");
  return search && !isPage(name) ? undefined : name;
};

/** What the server has for `name`, if it is this version's. @param {string} name */
const fetched = async (name) => {
  const integrity = FILES[name];
  if (integrity) {
    // Most of it the page has just got; what the browser kept of it may be damaged.
    const kept = fetch(name, { integrity, cache: "force-cache" });
    const response = await kept.catch(() => fetch(name, { integrity, cache: "reload" }));
    if (!response.ok) throw new Error(`${name}: ${response.status}`);
    return response;
  }
  const response = await fetch(name, { cache: "no-cache" });
  const text = await response.clone().text();
  if (!response.ok || !text.includes(`data-version="${VERSION}"`)) throw new Error(`${name} is another version's`);
  // To a page no answer is given that was led elsewhere.
  return response.redirected ? new Response(text, { headers: response.headers }) : response;
};

const install = async () => {
  // One of this version may be left from before the version in between, or from a try that failed; what is newest is last.
  await caches.delete(CACHE);
  const cache = await caches.open(CACHE);
  const names = Object.keys(FILES).filter((name) => !name.replace("_bg.", ".").includes(OTHER_BUILD));
  const keep = async (/** @type {string} */ name) => {
    // What an older version has of the same content is taken from there.
    const known = isPage(name) || name === "manifest.webmanifest" ? undefined : await caches.match(name, ANYHOW);
    await cache.put(name, known ?? (await fetched(name)));
  };
  await Promise.all(names.map(keep));
  await skipWaiting();
};

/** The windows that this version's pages are in, as far as it remembers: it does not for long. @type {Set<string>} */
const own = new Set();

/** Whether no other version's files are here that somebody may need. */
let isAlone = false;

/** Lets go of older versions' files, unless a window may need them. */
const tidy = async () => {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX));
  // What stands behind this version's is one that is on its way.
  const older = names.slice(0, Math.max(names.indexOf(CACHE), 0));
  if (older.length > 0) {
    const windows = await clients.matchAll({ type: "window", includeUncontrolled: true });
    if (windows.some(({ id, url }) => url.startsWith(SCOPE) && !own.has(id))) return;
    await Promise.all(older.map((name) => caches.delete(name)));
  }
  isAlone = true;
};

/** What is kept of this version. @param {string} name */
const kept = async (name) => (await caches.open(CACHE)).match(name, ANYHOW);

/** @param {FetchEvent} event @param {string} name */
const page = async ({ request, resultingClientId }, name) => {
  const page = await kept(name);
  if (page) own.add(resultingClientId);
  return page ?? fetch(request);
};

/** @param {Request} request @param {string} name */
const file = async (request, name) => (await kept(name)) ?? (await caches.match(name, ANYHOW)) ?? fetch(request);

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(clients.claim().then(tidy)));
addEventListener("fetch", (event) => {
  const { request } = event;
  const name = request.method === "GET" ? fileAt(request.url) : undefined;
  if (name === undefined) return;
  if (isPage(name)) return event.respondWith(page(event, name));
  const isOlder = !isAlone && /-[0-9a-f]{14,16}[._/]/.test(name);
  if (!Object.hasOwn(FILES, name) && !isOlder) return;
  event.respondWith(file(request, name));
  if (!isAlone) event.waitUntil(tidy());
});
