// A bundle of somebody's own: the folder or the zip that was dropped on the page, or chosen. Its files stay where they are, and no server is
// asked. Whether they are what the manifest says is for the engine to tell, as of every bundle; here is told which files these are, and that
// they are of a size that can be read.

import { Failure } from "./failure.js";
import { MOST_ENTRIES, zipEntries } from "./zip.js";

/** @import { Entry } from "./zip.js" */

const MANIFEST = "manifest.json";
/** What a bundle cannot do without beside its manifest. */
const PARTS = ["model.safetensors", "tokenizer.json"];

/** No manifest has more bytes (src/bundle/manifest.rs). */
const MOST_MANIFEST = 1 << 24;
/** No file may have more bytes here: in a browser's memory there is one of it for each engine. */
const MOST_BYTES = 1 << 29;

/** What every zip begins with, an empty one, too: PK. */
const ZIP = [0x50, 0x4b];

/** @param {string} sentence */
const refused = (sentence) => new Failure("model", sentence);

const megabytes = (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

/**
 * The bundle that is in what was dropped or chosen.
 *
 * @param {(File | FileSystemEntry)[]} items
 * @returns {Promise<{ name: string, files: Record<string, Blob> }>} what it is called, and its files by their names
 * @throws {Failure} there is none, or there are several, or a file is missing or too large
 */
export const openBundle = async (items) => {
  try {
    return await bundleIn(items);
  } catch (reason) {
    if (reason instanceof Failure) throw reason;
    console.info(reason);
    throw refused("What was chosen cannot be read: it was changed, moved or removed after that. Choose it again.");
  }
};

/** @param {(File | FileSystemEntry)[]} items */
const bundleIn = async (items) => {
  const { name, entries } = await listed(items);
  const manifests = entries.filter(({ path }) => fileName(path) === MANIFEST);
  if (manifests.length === 0) {
    throw refused(`There is no ${MANIFEST} in ${name}, and so no bundle: choose the folder that “undertone export” has written, or a zip of it.`);
  }
  if (manifests.length > 1) {
    throw refused(`There are several bundles in ${name} (${manifests.slice(0, 3).map(({ path }) => path).join(", ")}): choose the folder of one of them.`);
  }
  const [manifest] = manifests;
  const folder = manifest.path.slice(0, -MANIFEST.length);
  const of = (/** @type {string} */ file) => entries.find(({ path }) => path === `${folder}${file}`);
  const lacking = PARTS.filter((part) => !of(part));
  if (lacking.length > 0) {
    throw refused(`There is no ${lacking.join(" and no ")} beside the ${MANIFEST} in ${name}: a bundle is all of its files, so choose the whole folder.`);
  }
  limit(manifest, MOST_MANIFEST);
  /** @type {Record<string, Blob>} */
  const files = { [MANIFEST]: await manifest.open() };
  const { sizes, documents } = said(await files[MANIFEST].text());
  for (const part of [...PARTS, ...documents]) {
    const entry = of(part);
    // A document that is not there is missed by who wants to read it.
    if (!entry) continue;
    limit(entry, MOST_BYTES);
    // Before it is unpacked.
    if (sizes[part] !== undefined && sizes[part] !== entry.size) {
      throw refused(`${part} has ${entry.size} bytes where the manifest says ${sizes[part]}: the bundle is incomplete, fetch or export it again.`);
    }
    files[part] = await entry.open();
  }
  return { name, files };
};

/** @param {Entry} entry @param {number} most */
const limit = ({ path, size }, most) => {
  if (size > most) {
    throw refused(`${fileName(path)} has ${megabytes(size)}, and this page takes ${megabytes(most)} at most: export the bundle with fewer bits (--precision int8).`);
  }
};

/**
 * How many bytes the manifest says that files have, and which of them are documents. One that is none is refused by the engine, which says why.
 *
 * @param {string} manifest
 * @returns {{ sizes: Record<string, unknown>, documents: string[] }}
 */
const said = (manifest) => {
  try {
    const { files, documents = {} } = JSON.parse(manifest);
    const sizes = Object.entries({ ...files, ...documents }).map(([name, entry]) => [name, entry?.bytes]);
    return { sizes: Object.fromEntries(sizes), documents: Object.keys(documents) };
  } catch {
    return { sizes: {}, documents: [] };
  }
};

/**
 * The files in a folder, in a zip, or that were chosen one by one.
 *
 * @param {(File | FileSystemEntry)[]} items
 * @returns {Promise<{ name: string, entries: Entry[] }>}
 */
const listed = async (items) => {
  if (items.length === 0) throw refused("There is no file in what was dropped: drop a folder, or a zip of it.");
  /** @type {Entry[]} */
  const entries = [];
  const add = (/** @type {string} */ path, /** @type {File} */ file) => {
    if (entries.length === MOST_ENTRIES) {
      throw refused(`There are more than ${MOST_ENTRIES} files in there, which no bundle has: choose the bundle's own folder.`);
    }
    entries.push({ path: path.replace(/^\//, ""), size: file.size, open: async () => file });
  };
  /** @param {FileSystemEntry} entry */
  const walk = async (entry) => {
    if (entry.isFile) return add(entry.fullPath, await fileOf(/** @type {FileSystemFileEntry} */ (entry)));
    for await (const inside of within(/** @type {FileSystemDirectoryEntry} */ (entry))) await walk(inside);
  };
  for (const item of items) {
    if (item instanceof File) add(item.webkitRelativePath || item.name, item);
    else await walk(item);
  }
  const [first] = items;
  const isFolder = first instanceof File ? Boolean(first.webkitRelativePath) : first.isDirectory;
  if (isFolder) return { name: first instanceof File ? first.webkitRelativePath.split("/")[0] : first.name, entries };
  if (entries.length > 1) return { name: "what was chosen", entries };
  const file = /** @type {File} */ (await entries[0].open());
  const beginning = new Uint8Array(await file.slice(0, ZIP.length).arrayBuffer());
  if (ZIP.some((byte, place) => beginning[place] !== byte)) {
    throw refused(`${file.name} is neither a folder nor a zip, and so no bundle. A file of texts is opened in the view “A file”.`);
  }
  return { name: file.name, entries: await zipEntries(file) };
};

/** @param {string} path */
const fileName = (path) => path.slice(path.lastIndexOf("/") + 1);

/** @param {FileSystemFileEntry} entry @returns {Promise<File>} */
const fileOf = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));

/** What is in a folder, which is told some at a time. @param {FileSystemDirectoryEntry} folder */
async function* within(folder) {
  const reader = folder.createReader();
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    yield* some;
  }
}
