// Reads a zip where it lies: of a file in it, as much as it says and not a byte more.
//
// Nothing of it is believed. What it says of sizes is held to limits before there is memory for it, and what unpacks to more ends there.
// Unpacking is the browser's (DecompressionStream); the list at a zip's end is read here (APPNOTE.TXT 4.3), in fewer bytes than any library has.

import { Failure } from "./failure.js";

/**
 * A file among others.
 *
 * @typedef {object} Entry
 * @property {string} path
 * @property {number} size how many bytes it says it has
 * @property {() => Promise<Blob>} open
 */

/** No bundle has as many files. */
export const MOST_ENTRIES = 1000;

const END = 0x06054b50;
const END_BYTES = 22;
const LISTED = 0x02014b50;
const LISTED_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;

/** The comment behind the end has so many bytes at most. */
const LONGEST_COMMENT = 0xffff;
/** The list of so many files takes no more, long names and all. */
const LONGEST_LIST = 1 << 22;

/** How an entry is packed: not at all, or as nearly all of them. */
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;

/** So many bytes at most one byte becomes (RFC 1951: 258 by two codes of a bit). */
const MOST_RATIO = 1032;

/** As much is handed over at once. */
const PIECE = 1 << 20;

/** @param {string} sentence */
const refused = (sentence) => new Failure("model", sentence);

/**
 * The files in a zip.
 *
 * @param {File} zip
 * @returns {Promise<Entry[]>}
 * @throws {Failure} it is none, or not a whole one, or of a kind that browsers cannot unpack
 */
export const zipEntries = async (zip) => {
  const damaged = () => refused(`${zip.name} is damaged, or no whole zip: copy or make it again.`);
  /** @param {number} start @param {number} end */
  const read = async (start, end) => new DataView(await zip.slice(start, end).arrayBuffer());

  const from = Math.max(0, zip.size - END_BYTES - LONGEST_COMMENT);
  const tail = await read(from, zip.size);
  let at = tail.byteLength - END_BYTES;
  const isEnd = () => tail.getUint32(at, true) === END && at + END_BYTES + tail.getUint16(at + 20, true) === tail.byteLength;
  while (at >= 0 && !isEnd()) at -= 1;
  if (at < 0) throw damaged();
  const [disk, count, bytes, start] = [tail.getUint16(at + 4, true), tail.getUint16(at + 10, true), tail.getUint32(at + 12, true), tail.getUint32(at + 16, true)];
  if (count === 0xffff || start === 0xffffffff) {
    throw refused(`${zip.name} is a zip of the kind for very large ones (Zip64): pack the bundle's files alone, or drop their folder.`);
  }
  if (count > MOST_ENTRIES || bytes > LONGEST_LIST) {
    throw refused(`There are ${count} files in ${zip.name}, and in a bundle at most ${MOST_ENTRIES}: pack the bundle's folder alone.`);
  }
  // Where the list ends the end begins.
  if (disk !== 0 || start + bytes !== from + at) throw damaged();

  const list = await read(start, start + bytes);
  /** @type {Entry[]} */
  const entries = [];
  let place = 0;
  for (let number = 0; number < count; number += 1) {
    if (place + LISTED_BYTES > list.byteLength || list.getUint32(place, true) !== LISTED) throw damaged();
    const [flags, method] = [list.getUint16(place + 8, true), list.getUint16(place + 10, true)];
    const [packed, size, local] = [list.getUint32(place + 20, true), list.getUint32(place + 24, true), list.getUint32(place + 42, true)];
    const [name, extra, comment] = [28, 30, 32].map((offset) => list.getUint16(place + offset, true));
    const next = place + LISTED_BYTES + name + extra + comment;
    if (next > list.byteLength) throw damaged();
    const path = new TextDecoder().decode(new Uint8Array(list.buffer, place + LISTED_BYTES, name));
    place = next;
    if (path.endsWith("/")) continue;
    const open = async () => {
      if (flags & ENCRYPTED) throw refused(`${path} in ${zip.name} is encrypted: pack it without a password.`);
      if (method !== STORED && method !== DEFLATED) {
        throw refused(`${path} in ${zip.name} is packed in a way that browsers do not unpack (method ${method}): make the zip anew with “deflate”, or drop the folder.`);
      }
      if (method === STORED ? packed !== size : size > packed * MOST_RATIO) throw damaged();
      const header = await read(local, local + LOCAL_BYTES);
      if (header.byteLength < LOCAL_BYTES || header.getUint32(0, true) !== LOCAL) throw damaged();
      const first = local + LOCAL_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
      if (first + packed > start) throw damaged();
      const content = zip.slice(first, first + packed);
      if (method === STORED) return content;
      const unpacked = await inflated(content, size);
      if (!unpacked) throw damaged();
      return unpacked;
    };
    entries.push({ path, size, open });
  }
  return entries;
};

/**
 * What is packed in `content`, if it is so many bytes. It goes to the browser piece by piece, which puts it where it sees fit.
 *
 * @param {Blob} content
 * @param {number} size
 */
const inflated = async (content, size) => {
  /** @type {Blob[]} */
  const pieces = [];
  /** @type {Uint8Array<ArrayBuffer>[]} */
  let pending = [];
  let [bytes, held] = [0, 0];
  const handOver = () => {
    pieces.push(new Blob(pending));
    [pending, held] = [[], 0];
  };
  const reader = content.stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  try {
    for (let { value, done } = await reader.read(); !done; { value, done } = await reader.read()) {
      const chunk = /** @type {Uint8Array<ArrayBuffer>} */ (value);
      bytes += chunk.length;
      if (bytes > size) {
        await reader.cancel();
        return undefined;
      }
      pending.push(chunk);
      held += chunk.length;
      if (held >= PIECE) handOver();
    }
  } catch {
    return undefined;
  }
  handOver();
  return bytes === size ? new Blob(pieces) : undefined;
};
