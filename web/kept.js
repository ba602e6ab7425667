// Whether the engine has kept a bundle in the browser (src/worker/store.rs), and whether it would fetch another.

/**
 * The manifest of the bundle at `address` as it was kept, if all of its files are there, too.
 *
 * @param {string} address
 * @returns {Promise<string | undefined>}
 */
export const keptManifest = async (address) => {
  try {
    const store = await (await navigator.storage.getDirectory()).getDirectoryHandle("undertone");
    const index = await (await store.getFileHandle("index.json")).getFile();
    const { manifest, files } = JSON.parse(await index.text())[address];
    await Promise.all(files.map((/** @type {string} */ name) => store.getFileHandle(name)));
    return manifest;
  } catch {
    // The browser keeps nothing, or has not yet.
  }
};

/** The page waits for so many milliseconds to hear what the server has. */
const LONGEST = 3000;

/**
 * Whether the bundle at `address` is kept as the server has it, or the server cannot be reached: to load it fetches nothing.
 *
 * @param {string} address
 */
export const isCurrent = async (address) => {
  const kept = await keptManifest(address);
  if (!kept) return false;
  try {
    const response = await fetch(`${address}manifest.json`, { cache: "no-cache", signal: AbortSignal.timeout(LONGEST) });
    return (await response.text()) === kept;
  } catch {
    return true;
  }
};
