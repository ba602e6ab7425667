// Starts the engine inside the worker, and speaks for it as long as it cannot, or can no longer, speak for itself.
"use strict";

// The smallest module with i16x8.relaxed_dot_i8x16_i7x16. Browsers without relaxed SIMD refuse it.
const RELAXED_PROBE = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15,
  253, 146, 2, 11,
];

// The engine's builds, and where each leaves its entry point.
const BUILDS = {
  worker_relaxed: () => relaxed_engine,
  worker: () => wasm_bindgen,
};

const fail = (sentence) => postMessage(JSON.stringify({ Failed: { sentence } }));

// The engine reports its own panics. What ends up here is what gave it no chance to: a trap, most likely for lack of memory.
addEventListener("error", (event) => {
  event.preventDefault();
  fail(`The engine stopped, perhaps because it ran out of memory (${event.message}).`);
});
addEventListener("unhandledrejection", (event) => {
  fail(`The engine stopped, perhaps because it ran out of memory (${event.reason}).`);
});

// The SHA-256 of the SHA-256s of pieces (src/bundle/manifest.rs), where the browser has it, which is in secure origins only.
const PIECE = 1 << 19;
const digest = async (content) => {
  if (!crypto.subtle) return undefined;
  const starts = Array.from({ length: Math.ceil(content.length / PIECE) }, (_, index) => index * PIECE);
  const hashes = starts.map((start) => crypto.subtle.digest("SHA-256", content.subarray(start, start + PIECE)));
  const joined = (await Promise.all(hashes)).flatMap((hash) => [...new Uint8Array(hash)]);
  return crypto.subtle.digest("SHA-256", new Uint8Array(joined));
};

// Nobody may want to know of a failure, and whoever does will ask for it.
const quietly = (promise) => {
  promise.catch(() => {});
  return promise;
};

// Where the browser keeps the files of this bundle, if it does (src/worker/store.rs).
const openStore = async (bundle) => {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(`undertone ${encodeURIComponent(bundle)}`, { create: true });
};

// How to read `file`. Some browsers let but one at a time have the first kind of access, which takes a third of the time that the
// other does.
const open = async (file) => {
  try {
    const access = await file.createSyncAccessHandle({ mode: "read-only" });
    return { name: file.name, size: access.getSize(), read: () => readAndClose(access) };
  } catch {
    const blob = await file.getFile();
    return { name: file.name, size: blob.size, read: async () => new Uint8Array(await blob.arrayBuffer()) };
  }
};

const readAndClose = (access) => {
  try {
    const content = new Uint8Array(access.getSize());
    access.read(content, { at: 0 });
    return content;
  } finally {
    access.close();
  }
};

// The small files first: the engine can work on them while the others are still being hashed.
const readAll = async (store) => {
  const opening = [];
  for await (const file of store.values()) opening.push(open(file));
  const opened = (await Promise.allSettled(opening)).flatMap(({ value }) => value ?? []);
  const kept = new Map();
  for (const { name, read } of opened.sort((a, b) => a.size - b.size)) {
    try {
      const content = await read();
      kept.set(name, { content, digest: quietly(digest(content)) });
    } catch {
      // What cannot be read will be fetched.
    }
  }
  return kept;
};

// Reads what the engine will want of the bundle, while the engine itself is still being compiled.
const readAhead = ({ bundle, fresh }) => {
  const manifest = quietly(fetch(`${bundle}manifest.json`, { cache: fresh ? "reload" : "no-cache" }));
  const store = quietly(openStore(bundle));
  return { manifest, store, kept: quietly(store.then(readAll)) };
};

// What the engine finds here (src/worker/ahead.rs).
let ahead;

const bestBuilds = () =>
  WebAssembly.validate(new Uint8Array(RELAXED_PROBE)) ? ["worker_relaxed", "worker"] : ["worker"];

// Resolves to what went wrong, or to nothing.
const begin = async (address, version, entry) => {
  const module = quietly(fetch(`${address}_bg.wasm?build=${version}`));
  try {
    importScripts(`${address}.js?build=${version}`);
  } catch {
    return `The engine could not be fetched: ${address.split("/").pop()}.js does not arrive from the server.`;
  }
  try {
    await entry()({ module_or_path: module });
  } catch (reason) {
    return `The engine could not be started: ${reason}.`;
  }
};

// Starts the first of `builds` that can be started, and has it load what `request` says.
const start = async (base, version, builds, request) => {
  ahead = readAhead(request.Load);
  let failure;
  for (const build of builds) {
    if (failure) console.info(`${failure} Another build of it takes over.`);
    failure = await begin(`${base}${build}`, version, BUILDS[build]);
    if (!failure) return dispatchEvent(new MessageEvent("message", { data: JSON.stringify(request) }));
  }
  fail(failure);
};
