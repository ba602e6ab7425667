// What was decided and scored of files, kept for when the page is got anew: in IndexedDB, or in memory where the browser keeps nothing.
//
// Of a file nothing is kept but its name: it is told again by a key, which the page makes of its content. Records are only ever added, so
// that whatever moment the page ends in, what was there stays.

const DATABASE = "undertone";
const VERSION = 1;

/** Some browsers never answer in a private window. */
const PATIENCE = 3000;
/** A page that is got anew may be there before the one that it was has let go of its locks. */
const LEAVING = 1500;

/**
 * What is known of a file.
 *
 * @typedef {{ key: string, name: string, opened: number, settings: string, decisions: number, scored: number }} Known
 */

/** @typedef {{ entries: string[], scores: Uint8Array[], settings: string }} Kept */

/** @param {string} key @returns {Known} */
const nothing = (key) => ({ key, name: "", opened: 0, settings: "", decisions: 0, scored: 0 });

/** @returns what keeps */
export const openJournal = async () => {
  try {
    return new Journal(await opened());
  } catch {
    return new Memory();
  }
};

/** Where the browser keeps nothing: until the page ends. */
class Memory {
  /** Whether it outlives the page. */
  isKept = false;
  /** @type {Map<string, Known & Kept>} */
  #files = new Map();
  /** @type {(() => void) | undefined} */
  #release;

  /**
   * Makes this page the one that writes about a file.
   *
   * @param {string} key
   * @returns {Promise<boolean>} false where another one does already
   */
  claim(key) {
    if (!("locks" in navigator)) return Promise.resolve(true);
    return new Promise((resolve) => {
      const hold = () => {
        resolve(true);
        return new Promise((release) => (this.#release = () => release(undefined)));
      };
      const signal = AbortSignal.timeout(LEAVING);
      navigator.locks.request(`undertone: ${key}`, { signal }, hold).catch(({ name }) => resolve(name !== "TimeoutError"));
    });
  }

  /** Lets others write about the file. */
  release() {
    this.#release?.();
    this.#release = undefined;
  }

  /** @param {string} key @returns {Promise<Known | undefined>} */
  async find(key) {
    return this.#files.get(key);
  }

  /** @param {string} key @returns {Promise<Kept>} */
  async read(key) {
    return this.#file(key);
  }

  /**
   * From now on there is something to be kept of a file.
   *
   * @param {string} key
   * @param {string} name
   */
  async begin(key, name) {
    Object.assign(this.#file(key), { name, opened: Date.now() });
  }

  /** @param {string} key @param {string} settings */
  async keepSettings(key, settings) {
    this.#file(key).settings = settings;
  }

  /**
   * @param {string} key
   * @param {string} json a step
   * @param {number} decisions how many rows are decided with it
   */
  async addEntry(key, json, decisions) {
    const file = this.#file(key);
    file.entries.push(json);
    file.decisions = decisions;
  }

  /**
   * @param {string} key
   * @param {Uint8Array} bytes scores of some rows
   * @param {number} scored how many rows are scored with them
   */
  async addScores(key, bytes, scored) {
    const file = this.#file(key);
    file.scores.push(bytes);
    file.scored = scored;
  }

  /** Nothing of a file is kept. @param {string} key */
  async forget(key) {
    this.#files.delete(key);
  }

  /** @param {string} key */
  #file(key) {
    const file = this.#files.get(key) ?? { ...nothing(key), entries: [], scores: [] };
    this.#files.set(key, file);
    return file;
  }
}

/** The same, which outlives the page. */
class Journal extends Memory {
  isKept = true;
  #database;

  /** @param {IDBDatabase} database */
  constructor(database) {
    super();
    this.#database = database;
  }

  /** @param {string} key @returns {Promise<Known | undefined>} */
  async find(key) {
    return asked(this.#stores("readonly", "files").files.get(key));
  }

  /** @param {string} key @returns {Promise<Kept>} */
  async read(key) {
    const { files, entries, scores } = this.#stores("readonly", "files", "entries", "scores");
    const [known, steps, blocks] = await Promise.all([
      asked(files.get(key)),
      asked(entries.index("key").getAll(key)),
      asked(scores.index("key").getAll(key)),
    ]);
    return {
      entries: steps.map(({ json }) => json),
      scores: blocks.map(({ bytes }) => bytes),
      settings: known?.settings ?? "",
    };
  }

  /** @param {string} key @param {string} name */
  async begin(key, name) {
    await this.#change(key, { name, opened: Date.now() });
  }

  /** @param {string} key @param {string} settings */
  async keepSettings(key, settings) {
    await this.#change(key, { settings });
  }

  /** @param {string} key @param {string} json @param {number} decisions */
  async addEntry(key, json, decisions) {
    await this.#change(key, { decisions }, "entries", { json });
  }

  /** @param {string} key @param {Uint8Array} bytes @param {number} scored */
  async addScores(key, bytes, scored) {
    await this.#change(key, { scored }, "scores", { bytes });
  }

  /** @param {string} key */
  async forget(key) {
    const { files, entries, scores } = this.#stores("readwrite", "files", "entries", "scores");
    files.delete(key);
    for (const store of [entries, scores]) {
      const numbers = store.index("key").getAllKeys(key);
      numbers.onsuccess = () => numbers.result.forEach((number) => store.delete(number));
    }
    await done(files.transaction);
  }

  /**
   * @param {string} key
   * @param {Partial<Known>} change
   * @param {"entries" | "scores"} [store] what has a `record` more
   * @param {object} [record]
   */
  async #change(key, change, store, record) {
    const stores = this.#stores("readwrite", "files", ...(store ? [store] : []));
    const known = stores.files.get(key);
    known.onsuccess = () => stores.files.put({ ...nothing(key), ...known.result, ...change });
    if (store) stores[store].add({ key, ...record });
    await done(stores.files.transaction);
  }

  /**
   * @param {IDBTransactionMode} mode
   * @param {string[]} names
   */
  #stores(mode, ...names) {
    const transaction = this.#database.transaction(names, mode);
    return Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)]));
  }
}

/** @returns {Promise<IDBDatabase>} */
const opened = () =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, VERSION);
    setTimeout(() => reject(new Error("The browser does not answer.")), PATIENCE);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("files", { keyPath: "key" });
      for (const name of ["entries", "scores"]) {
        request.result.createObjectStore(name, { autoIncrement: true }).createIndex("key", "key");
      }
    };
    request.onsuccess = () => {
      // A later version of the page wants another layout.
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("Another tab has an older version of the page."));
  });

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const asked = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** @param {IDBTransaction} transaction @returns {Promise<void>} */
const done = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error("The browser has no room."));
  });
