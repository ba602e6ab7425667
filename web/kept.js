// Whether the engine has kept a bundle in the browser (src/worker/store.rs), and whether it would fetch another.

/** Finds a file by its name, or rejects. @typedef {(name: string) => Promise<Blob>} Find */

/** @returns {Promise<Find>} */
const inFolder = async () => {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("undertone");
  return async (name) => (await folder.getFileHandle(name)).getFile();
};

/** As in boot.js, where there is no such folder. @type {Find} */
const inCache = async (name) => {
  const found = await caches.match(new URL(`/undertone/${name}`, origin), { cacheName: "undertone models" });
  if (!found) throw new Error(`${name} is not kept.`);
  return found.blob();
};

/**
 * The manifest of the bundle at `address` as it was kept, if all of its files are there, too.
 *
 * @param {string} address
 * @returns {Promise<string | undefined>}
 */
export const keptManifest = async (address) => {
  try {
    const find = await inFolder().catch(() => inCache);
    const { manifest, files } = JSON.parse(await (await find("index.json")).text())[address];
    await Promise.all(files.map(find));
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
