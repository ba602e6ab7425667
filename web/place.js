// Where the site's files are: beside these scripts, whatever page has imported them.

/** @param {string} path */
const beside = (path) => {
  const address = new URL(path, import.meta.url);
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
