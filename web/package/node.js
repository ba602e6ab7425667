// What `import { load } from "undertone"` gives in Node.js: the same, in a thread.

import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

import { load as loadAnywhere } from "./index.js";

export { Failure, Undertone } from "./index.js";

/** A thread that is spoken to as a browser's worker is. */
class Thread {
  #thread = new Worker(new URL("./node-worker.js", import.meta.url));
  /** @type {((event: { data: string }) => void) | undefined} */
  onmessage;
  /** @type {((event: { message: string }) => void) | undefined} */
  onerror;

  constructor() {
    this.#thread.on("message", (data) => this.onmessage?.({ data }));
    this.#thread.on("error", ({ message }) => this.onerror?.({ message }));
  }

  /** @param {unknown} message */
  postMessage(message) {
    this.#thread.postMessage(message);
  }

  terminate() {
    this.#thread.terminate();
  }
}

/** @param {import("./index.js").LoadOptions} [options] as in a browser; `base` may be a folder's path */
export const load = ({ base, ...options } = {}) => {
  const isPath = base !== undefined && !/^(https?|file):/.test(base);
  const folder = isPath ? { base: pathToFileURL(base).href } : base === undefined ? {} : { base };
  return loadAnywhere({ createWorker: () => /** @type {any} */ (new Thread()), ...folder, ...options });
};
