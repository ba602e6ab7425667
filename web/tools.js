// What the page asks of the browser beside its session, got when it is first needed.

import { BUNDLE, BYTES } from "./place.js";

/** @import { Session } from "./session.js" */

export class Tools {
  #session;
  /** The model that the page came with. */
  #source;
  /** @type {ReturnType<typeof import("./journal.js").openJournal> | undefined} */
  #journal;

  /** @param {Session} session knows the model that is in use */
  constructor(session) {
    this.#session = session;
    this.#source = session.source;
  }

  /** How many bytes engine and model take at first, if the bundle is the site's own. */
  get bytes() {
    return this.#source.bundle === BUNDLE ? BYTES : undefined;
  }

  /** @returns what scores a file's rows */
  async scorer() {
    const { Scorer } = await import("./scorer.js");
    return new Scorer(this.#session.source);
  }

  /**
   * Whether what is dragged may be a bundle: a folder or a zip. Of a spreadsheet only its name tells it from one.
   *
   * @param {DataTransfer} dragged
   */
  mayBeBundle(dragged) {
    return held(dragged).some((item) => (item instanceof File ? false : item.isDirectory) || /\.zip$/i.test(item.name));
  }

  /**
   * Has a bundle of somebody's own answer from now on.
   *
   * @param {DataTransfer | FileList} from what was dropped or chosen: a folder, a zip, or the files of a bundle
   * @returns {Promise<string>} what it was called; rejects with what is wrong with it, and then the model that there is goes on
   */
  async openBundle(from) {
    // At once: what was dropped is to be had only as long as the event.
    const items = held(from);
    const { openBundle } = await import("./own.js");
    const { name, files } = await openBundle(items);
    await this.#session.use({ files });
    return name;
  }

  /** Has the page's own model answer again. */
  async leaveBundle() {
    await this.#session.use(this.#source);
  }

  /** @returns what keeps decisions and scores for when the page is got anew */
  async journal() {
    const { openJournal } = await import("./journal.js");
    this.#journal ??= openJournal();
    return this.#journal;
  }
}

/**
 * The files and folders that were dropped or chosen.
 *
 * @param {DataTransfer | FileList} from
 * @returns {(File | FileSystemEntry)[]}
 */
const held = (from) => {
  if (!("items" in from)) return [...from];
  const files = [...from.items].filter(({ kind }) => kind === "file");
  return files.flatMap((item) => item.webkitGetAsEntry?.() ?? item.getAsFile() ?? []);
};
