// Starts the engine inside the worker, and speaks for it as long as it cannot, or can no longer, speak for itself.
"use strict";

const fail = (sentence) => postMessage(JSON.stringify({ Failed: { sentence } }));

// The engine reports its own panics. What ends up here is what gave it no chance to: a trap, most likely for lack of memory.
addEventListener("error", (event) => {
  event.preventDefault();
  fail(`The engine stopped, perhaps because it ran out of memory (${event.message}).`);
});
addEventListener("unhandledrejection", (event) => {
  fail(`The engine stopped, perhaps because it ran out of memory (${event.reason}).`);
});

const start = async (base, build) => {
  try {
    importScripts(`${base}worker.js?build=${build}`);
  } catch {
    return fail("The engine could not be fetched: worker.js does not arrive from the server.");
  }
  try {
    await wasm_bindgen({ module_or_path: `${base}worker_bg.wasm?build=${build}` });
  } catch (reason) {
    fail(`The engine could not be started: ${reason}.`);
  }
};
