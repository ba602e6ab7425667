// The beginning of the package's worker file for Node.js: what the engine knows of a browser's worker, of what Node.js has.

import { readFile } from "node:fs/promises";
import { parentPort } from "node:worker_threads";

const port = /** @type {NonNullable<typeof parentPort>} */ (parentPort);
const events = new EventTarget();
const fetchOverHttp = globalThis.fetch;

Object.assign(globalThis, {
  self: globalThis,
  addEventListener: events.addEventListener.bind(events),
  dispatchEvent: events.dispatchEvent.bind(events),
  /** @param {unknown} message */
  postMessage: (message) => port.postMessage(message),
  /** @param {string | Request} request @param {RequestInit} [options] */
  fetch: (request, options) => {
    const address = new URL(typeof request === "string" ? request : request.url);
    return address.protocol === "file:" ? fetchFile(address) : fetchOverHttp(request, options);
  },
});
Object.defineProperty(globalThis, "onmessage", {
  /** @param {(event: Event) => void} listener */
  set: (listener) => events.addEventListener("message", listener),
});
port.on("message", (data) => events.dispatchEvent(new MessageEvent("message", { data })));

/** @param {URL} address */
const fetchFile = async (address) => {
  const type = address.pathname.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
  try {
    const content = await readFile(address);
    return new Response(content, { headers: { "Content-Type": type, "Content-Length": String(content.length) } });
  } catch {
    return new Response("", { status: 404 });
  }
};
