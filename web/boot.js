// Starts the engine inside its worker, and speaks for it as long as it cannot, or can no longer, speak for itself.
//
// A worker that is started from a file of the server is not bound by the page's Content Security Policy: it has whatever policy that
// file's response header says, and static hosting says none. The worker is who sees the text, so it must be bound. A worker that is
// started from a `blob:` address inherits the page's policy, so what starts it is a blob with this function in it, as text: it can use
// nothing that stands outside of it.

/** @import { FailureKind, Failure, Load, Response } from "./protocol" */

/**
 * What a worker is started with.
 *
 * @typedef {object} BootOptions
 * @property {string} folder the address of the engine's folder, which ends in a slash
 * @property {string} [build] the only build to try; without one the fastest that the browser can run, and the next one if that fails
 * @property {Load} load what to load
 * @property {boolean} [isOwn] whether the bundle's files come as the first message, and not from the server
 */

/** @param {BootOptions} options */
export const boot = async ({ folder, build, load, isOwn = false }) => {
  // The smallest module with i16x8.relaxed_dot_i8x16_i7x16. Browsers without relaxed SIMD refuse it.
  const RELAXED_PROBE = [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15,
    253, 146, 2, 11,
  ];

  // Firefox does not hold a worker's EventSource to the page's policy, so that there is none; nor a worker within this one, which would have another.
  for (const name of ["EventSource", "Worker"]) Reflect.deleteProperty(globalThis, name);

  // The engine's builds, and where each leaves its entry point.
  /** @type {Record<string, () => WorkerEngine>} */
  const ENTRIES = { worker_relaxed: () => relaxed_engine, worker: () => wasm_bindgen };
  // Whether it is in the script already that this is in, as in the package's (scripts/npm).
  /** @type {Record<string, () => boolean>} */
  const IS_HERE = { worker_relaxed: () => typeof relaxed_engine !== "undefined", worker: () => typeof wasm_bindgen !== "undefined" };

  const POLICY =
    "The security policy of this site or of its host forbids WebAssembly: its script-src has to allow 'wasm-unsafe-eval'.";

  /** @param {Response} response */
  const say = (response) => postMessage(JSON.stringify(response));

  /** @type {(kind: FailureKind, sentence: string) => Failure} */
  const failure = (kind, sentence) => ({ kind, sentence });

  // The page's program waits for that (start.js).
  say("Alive");

  // The engine reports its own panics. What ends up here is what gave it no chance to: a trap, most likely for lack of memory.
  /** @param {unknown} reason */
  const stopped = (reason) =>
    say({ Failed: failure("engine", `The engine stopped, perhaps because it ran out of memory (${reason}).`) });
  addEventListener("error", (event) => {
    event.preventDefault();
    stopped(event.message);
  });
  addEventListener("unhandledrejection", (event) => stopped(event.reason));

  // Which lines of the policy have forbidden something here: what was forbidden looks like a lost connection.
  /** @type {string[]} */
  const forbidding = [];
  addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
    forbidding.push(effectiveDirective.replace(/-elem$/, ""));
  });
  /** @returns {Promise<Failure | undefined>} */
  const forbidden = async () => {
    // The browser tells of it a moment later.
    await new Promise((resolve) => setTimeout(resolve));
    if (forbidding.length === 0) return undefined;
    const origin = new URL(folder).origin;
    return failure("policy", `The security policy of this site or of its host forbids the engine: its ${forbidding[0]} has to allow ${origin}.`);
  };

  // The files of a bundle that somebody has on their device, by their names. They are only referred to: their bytes are still where they were.
  /** @type {(files: Record<string, Blob>) => void} */
  let takeOwn;
  /** @type {Promise<Record<string, Blob>>} */
  const own = new Promise((resolve) => (takeOwn = resolve));

  // What is asked before the engine listens, in order.
  /** @type {string[] | undefined} */
  let early = [];
  addEventListener("message", ({ data }) => {
    if (typeof data !== "string") takeOwn(data);
    else if (early && data === '"Ping"') say("Alive");
    else early?.push(data);
  });

  // A file of the bundle.
  /** @param {string} name @param {string} query @param {RequestCache} cache */
  const get = async (name, query, cache) =>
    isOwn ? new Response((await own)[name]) : fetch(`${load.bundle}${name}${query}`, { cache });

  // The SHA-256 of the SHA-256s of pieces (src/bundle/file.rs), where the browser has it, which is in secure origins only.
  const PIECE = 1 << 19;
  /** @param {Uint8Array<ArrayBuffer>} content */
  const digest = async (content) => {
    if (!crypto.subtle) return undefined;
    const starts = Array.from({ length: Math.ceil(content.length / PIECE) }, (_, index) => index * PIECE);
    const hashes = starts.map((start) => crypto.subtle.digest("SHA-256", content.subarray(start, start + PIECE)));
    const joined = (await Promise.all(hashes)).flatMap((hash) => [...new Uint8Array(hash)]);
    return crypto.subtle.digest("SHA-256", new Uint8Array(joined));
  };

  // Nobody may want to know of a failure, and whoever does will ask for it.
  /** @template T @param {Promise<T>} promise */
  const quietly = (promise) => {
    promise.catch(() => {});
    return promise;
  };

  // Where the browser keeps the files of all bundles (src/worker/store.rs), if it does: in the origin's private file system.
  /** @returns {Promise<Shelf>} */
  const openFolder = async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle("undertone", { create: true });
    return {
      names: async () => {
        const names = [];
        for await (const name of folder.keys()) names.push(name);
        return names;
      },
      open: async (name) => open(await folder.getFileHandle(name)),
      write: async (name, content) => {
        const file = await folder.getFileHandle(name, { create: true });
        const access = await file.createSyncAccessHandle();
        try {
          access.truncate(0);
          access.write(content);
        } finally {
          access.close();
        }
      },
      remove: (name) => folder.removeEntry(name),
    };
  };

  // In a `Cache` where there is no such file system, as in WebKitGTK. Reading takes longer there.
  /** @returns {Promise<Shelf>} */
  const openCache = async () => {
    const cache = await caches.open("undertone models");
    const addresses = new URL("/undertone/", origin).href;
    return {
      names: async () => (await cache.keys()).map(({ url }) => url.slice(addresses.length)),
      open: async (name) => {
        const blob = await (await cache.match(addresses + name))?.blob();
        if (!blob) throw new Error(`${name} is not kept.`);
        return { name, size: blob.size, read: async () => new Uint8Array(await blob.arrayBuffer()) };
      },
      write: (name, content) => cache.put(addresses + name, new Response(content)),
      remove: (name) => cache.delete(addresses + name),
    };
  };

  // How to read `file`. Some browsers let but one at a time have the first kind of access, which takes a third of the time that the
  // other does.
  /** @param {FileSystemFileHandle} file */
  const open = async (file) => {
    try {
      const access = await file.createSyncAccessHandle({ mode: "read-only" });
      return { name: file.name, size: access.getSize(), read: async () => readAndClose(access) };
    } catch {
      const blob = await file.getFile();
      return { name: file.name, size: blob.size, read: async () => new Uint8Array(await blob.arrayBuffer()) };
    }
  };

  /** @param {SyncAccess} access */
  const readAndClose = (access) => {
    try {
      const content = new Uint8Array(access.getSize());
      access.read(content, { at: 0 });
      return content;
    } finally {
      access.close();
    }
  };

  // What an earlier visit has kept of the bundle. The small files first: the engine can work on them while the others are still
  // being hashed.
  /** @param {Shelf} store */
  const readKept = async (store) => {
    const index = await (await store.open("index.json")).read();
    const { manifest, files } = JSON.parse(new TextDecoder().decode(index))[load.bundle];
    const opened = (await Promise.allSettled(files.map(store.open))).flatMap((file) => ("value" in file ? file.value : []));
    const contents = new Map();
    for (const { name, read } of opened.sort((a, b) => a.size - b.size)) {
      try {
        const content = await read();
        contents.set(name, { content, digest: quietly(digest(content)) });
      } catch {
        // What cannot be read will be fetched.
      }
    }
    return { manifest, contents };
  };

  // What the engine will want of the bundle is read while the engine itself is still being compiled; it finds it here
  // (src/worker/ahead.rs).
  const manifest = quietly(get("manifest.json", "", load.fresh ? "reload" : "no-cache"));
  // What somebody has on their device anyway is not kept once more.
  const store = quietly(isOwn ? Promise.reject() : openFolder().catch(openCache));
  const ahead = { manifest, get, isOwn, store, kept: quietly(store.then(readKept)) };
  Object.assign(globalThis, { ahead, digest });

  // What the server answers to the request for a file of the engine, which has its content in its address: one that is not there any
  // more was another version's.
  /** @param {string} name */
  const fetched = async (name) => {
    const response = await fetch(`${folder}${name}`).catch(async () => {
      throw (await forbidden()) ?? failure("network", `The engine could not be fetched: ${name} does not arrive, as the server cannot be reached.`);
    });
    if (response.status >= 500) {
      throw failure("network", `The engine could not be fetched: the server answers ${response.status} for ${name}.`);
    }
    if (!response.ok || response.headers.get("Content-Type")?.startsWith("text/html")) {
      const answer = response.ok ? "sends a web page in its place" : `answers ${response.status}`;
      const sentence = `The engine could not be fetched: ${name} is not on the server (it ${answer}), probably because a new version of`;
      throw failure("build", `${sentence} this page has just been published. Reload the page to get it.`);
    }
    return response;
  };

  /** @param {unknown} reason */
  const explained = (reason) => {
    if (reason instanceof WebAssembly.CompileError && /unsafe-eval|CSP|Content Security Policy/i.test(reason.message)) {
      return failure("policy", POLICY);
    }
    return failure("engine", `The engine could not be started: ${reason}.`);
  };

  // Resolves to what went wrong, or to nothing.
  /** @param {string} name @returns {Promise<Failure | undefined>} */
  const begin = async (name) => {
    const module = quietly(fetched(`${name}_bg.wasm`));
    try {
      if (!IS_HERE[name]()) importScripts(`${folder}${name}.js`);
    } catch (reason) {
      // It does not say what it is that the server answers.
      return fetched(`${name}.js`).then(async () => (await forbidden()) ?? explained(reason), (failure) => failure);
    }
    try {
      await module;
    } catch (failure) {
      return /** @type {Failure} */ (failure);
    }
    try {
      await ENTRIES[name]()({ module_or_path: module });
    } catch (reason) {
      return explained(reason);
    }
  };

  const isRelaxed = WebAssembly.validate(new Uint8Array(RELAXED_PROBE));
  const builds = build ? [build] : isRelaxed ? ["worker_relaxed", "worker"] : ["worker"];
  /** @type {Failure | undefined} */
  let failed;
  for (const name of builds) {
    failed = await begin(name);
    if (!failed) {
      const requests = [JSON.stringify({ Load: load }), ...early];
      early = undefined;
      for (const data of requests) dispatchEvent(new MessageEvent("message", { data }));
      return;
    }
    // Another build comes over the same connection.
    if (failed.kind === "network") break;
    console.info(failed.sentence);
  }
  if (failed) say({ Failed: failed });
};
