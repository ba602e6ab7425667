// Where the site's files are: beside these scripts, whatever page has imported them.

import { Failure } from "./failure.js";

// Named, since bundlers take an address that is made of it at once for a file that they are to handle.
const HERE = import.meta.url;

/** @param {string} path */
const beside = (path) => {
  const address = new URL(path, HERE);
  // Addresses with a password in them cannot be fetched.
  address.username = address.password = "";
  return address.href;
};

/** The folder of the engine's builds, which scripts/site names by its content. */
export const ENGINE = beside("../engine/");

/** The folder of the bundles. */
export const MODELS = beside("../models/");

/** The bundle that the site is published with. */
export const BUNDLE = `${MODELS}undertone/`;

/** The name of the frame that the page opens for its keeping (offline.js). */
export const KEEPING = "undertone: offline";

/**
 * The bundle that a page's address asks for, by what stands behind its `?`: one of the site's own, by the name of its folder.
 *
 * @param {string} search
 */
export const bundleOf = (search) => {
  const name = new URLSearchParams(search).get("bundle");
  return name && /^[\w-]+$/.test(name) ? `${MODELS}${name}/` : BUNDLE;
};

/**
 * Where engine and bundles are if all of the package's files are in the folder `base`, and without one where these scripts are.
 *
 * @param {string} [base]
 * @throws {Failure} a bundler has taken these scripts away from their files
 */
export const placed = (base) => {
  if (base !== undefined) {
    const folder = new URL(base.endsWith("/") ? base : `${base}/`, globalThis.document?.baseURI);
    return { folder: new URL("wasm/", folder).href, models: new URL("models/", folder).href };
  }
  if (globalThis.document && location.protocol !== "file:" && ENGINE.startsWith("file:")) {
    const how = "copy its folders wasm and models to where your site serves files, and say so as the base: { base: \"/that/folder/\" }";
    throw new Failure("build", `A bundler has taken Undertone's scripts away from its files: ${how}.`);
  }
  return { folder: ENGINE, models: MODELS };
};

/** How many bytes of engine and model are fetched at first, as scripts/site counts them. */
export const BYTES = 0;
