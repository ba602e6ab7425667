// The engine for other scripts: a session for one text that changes while it is typed, a pool for lists of texts, or one engine as it is.
// Everything is relative to this file, and nothing happens before it is asked for.

export { Engine } from "./engine.js";
export { Failure } from "./failure.js";
export { MODELS } from "./place.js";
export { Pool, engines } from "./pool.js";
export { Session } from "./session.js";
