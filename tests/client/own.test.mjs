import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";

import { Engine } from "../../web/engine.js";
import { openBundle } from "../../web/own.js";
import { Session } from "../../web/session.js";
import { zipEntries } from "../../web/zip.js";
import { MODEL, fakes, settled } from "./fake.mjs";

const bytes = (/** @type {string | Uint8Array} */ content) => (typeof content === "string" ? new TextEncoder().encode(content) : content);

/**
 * A zip, byte by byte, of files that may say of themselves what is not so.
 *
 * @param {{ path: string, content: string | Uint8Array, method?: number, flags?: number, says?: number, packed?: Uint8Array, local?: number }[]} files
 * @param {{ comment?: string, counts?: number, cut?: number, before?: number }} [lies]
 */
const zip = (files, { comment = "", counts = files.length, cut = 0, before = 0 } = {}) => {
  /** @type {Buffer[]} */
  const [parts, list] = [[], []];
  let offset = 0;
  for (const { path, content, method = 8, flags = 0, says, packed, local } of files) {
    const plain = bytes(content);
    const written = packed ?? (method === 8 ? deflateRawSync(plain) : plain);
    const [size, name] = [says ?? plain.length, Buffer.from(path)];
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(flags, 8);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(written.length, 20);
    entry.writeUInt32LE(size, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(local ?? offset, 42);
    parts.push(header, name, Buffer.from(written));
    list.push(entry, name);
    offset += 30 + name.length + written.length;
  }
  const listed = Buffer.concat(list);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(counts, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(offset - before, 16);
  end.writeUInt16LE(Buffer.byteLength(comment), 20);
  const whole = Buffer.concat([...parts, listed, end, Buffer.from(comment)]);
  return new File([whole.subarray(0, whole.length - cut)], "mail.zip");
};

const manifest = (/** @type {object} */ sizes = {}) => JSON.stringify({ format: 2, files: { "model.safetensors": { bytes: 7 }, "tokenizer.json": { bytes: 2 }, ...sizes } });
const bundle = (folder = "") => [
  { path: `${folder}manifest.json`, content: manifest() },
  { path: `${folder}model.safetensors`, content: "weights", method: 0 },
  { path: `${folder}tokenizer.json`, content: "{}" },
];

/** A file as it is chosen with its folder. @param {string} path @param {string} content */
const inFolder = (path, content) => {
  const file = new File([content], /** @type {string} */ (path.split("/").pop()));
  Object.defineProperty(file, "webkitRelativePath", { value: path });
  return file;
};

/** @param {Record<string, Blob>} files */
const texts = async (files) => Object.fromEntries(await Promise.all(Object.entries(files).map(async ([name, file]) => [name, await file.text()])));

const refusal = async (/** @type {(File | FileSystemEntry)[]} */ items) => {
  const reason = await openBundle(items).then(() => assert.fail("it was taken"), (reason) => reason);
  assert.equal(reason.kind, "model");
  return reason.message;
};

test("a bundle is found in a zip, in a folder of it, and with a comment behind", async () => {
  const whole = { "manifest.json": manifest(), "model.safetensors": "weights", "tokenizer.json": "{}" };
  for (const file of [zip(bundle()), zip(bundle("runs/mail/")), zip([...bundle(), { path: "__MACOSX/._manifest.json", content: "x" }], { comment: "made by PK\x05\x06 hand" })]) {
    const { name, files } = await openBundle([file]);
    assert.equal(name, "mail.zip");
    assert.deepEqual(await texts(files), whole);
  }
});

test("a bundle is found in a folder, with its documents and nothing else", async () => {
  const documents = { "card.json": { bytes: 4 }, "gone.md": { bytes: 1 } };
  const said = JSON.stringify({ ...JSON.parse(manifest()), documents });
  const chosen = [inFolder("mail/manifest.json", said), inFolder("mail/model.safetensors", "weights"), inFolder("mail/tokenizer.json", "{}"), inFolder("mail/card.json", "card"), inFolder("mail/notes.txt", "mine")];
  const { name, files } = await openBundle(chosen);
  assert.deepEqual([name, Object.keys(files)], ["mail", ["manifest.json", "model.safetensors", "tokenizer.json", "card.json"]]);
});

test("what is no bundle says what is missing", async () => {
  assert.match(await refusal([]), /no file in what was dropped/);
  assert.match(await refusal([inFolder("mail/notes.txt", "mine")]), /no manifest\.json in mail, .*choose the folder/);
  assert.match(await refusal([zip([])]), /no manifest\.json in mail\.zip/);
  assert.match(await refusal([inFolder("a/manifest.json", manifest())]), /no model\.safetensors and no tokenizer\.json beside/);
  assert.match(await refusal([zip([...bundle("a/"), ...bundle("b/")])]), /several bundles in mail\.zip \(a\/manifest\.json, b\/manifest\.json\)/);
  assert.match(await refusal([new File(["id,text\n1,a"], "comments.csv")]), /neither a folder nor a zip.*“A file”/);
  assert.match(await refusal(Array.from({ length: 1001 }, (_, place) => inFolder(`home/${place}`, ""))), /more than 1000 files/);
});

test("sizes are held to the manifest and to limits before anything is unpacked", async () => {
  const [first, weights, tokenizer] = bundle();
  const opened = (/** @type {object} */ changed) => refusal([zip([first, { ...weights, method: 8, ...changed }, tokenizer])]);
  assert.match(await opened({ says: 8 }), /model\.safetensors has 8 bytes where the manifest says 7/);
  const large = { path: "manifest.json", content: manifest({ "model.safetensors": { bytes: 2 ** 30 } }) };
  assert.match(await refusal([zip([large, { ...weights, method: 8, says: 2 ** 30 }, tokenizer])]), /1073\.7 MB, and this page takes 536\.9 MB/);
  // Sixteen megabytes of zeros in as many kilobytes, as a manifest: within the limit, and more than it says; and beyond the limit.
  const zeros = deflateRawSync(new Uint8Array(1 << 24));
  assert.match(await refusal([zip([{ ...first, packed: zeros, says: 1 << 20 }, weights, tokenizer])]), /damaged/);
  assert.match(await refusal([zip([{ ...first, packed: zeros, says: (1 << 24) + 1 }, weights, tokenizer])]), /manifest\.json has 16\.8 MB/);
  // More than so few bytes can become.
  assert.match(await refusal([zip([{ ...first, says: 1 << 24 }, weights, tokenizer])]), /damaged/);
});

test("a zip that is cut, lies or is of another kind is refused", async () => {
  for (const cut of [1, 22, 60, 200]) assert.match(await refusal([zip(bundle(), { cut })]), /damaged, or no whole zip/, `${cut}`);
  assert.match(await refusal([zip(bundle(), { counts: 7 })]), /damaged/);
  assert.match(await refusal([zip(bundle(), { before: 5 })]), /damaged/);
  assert.match(await refusal([zip(bundle(), { counts: 1001 })]), /1001 files in mail\.zip/);
  assert.match(await refusal([zip(bundle(), { counts: 0xffff })]), /Zip64/);
  const [first, ...others] = bundle();
  assert.match(await refusal([zip([{ ...first, flags: 1 }, ...others])]), /encrypted/);
  assert.match(await refusal([zip([{ ...first, method: 93 }, ...others])]), /method 93/);
  assert.match(await refusal([zip([{ ...first, local: 1 << 30 }, ...others])]), /damaged/);
  assert.match(await refusal([zip([{ ...first, packed: new Uint8Array([7, 7, 7, 7]), says: 9 }, ...others])]), /damaged/);
  assert.match(await refusal([zip([{ ...first, says: 3 }, ...others])]), /damaged/);
  assert.match(await refusal([zip([first, { ...others[0], says: 3 }, others[1]])]), /has 3 bytes where/);
});

test("nothing that bytes can be stops the page", async () => {
  // As long as its list is read at all, whatever stands in it.
  const whole = new Uint8Array(await zip(bundle()).arrayBuffer());
  let random = 1;
  for (let turn = 0; turn < 2000; turn += 1) {
    const changed = whole.slice();
    for (let change = 0; change < 3; change += 1) {
      random = (random * 48271) % 2147483647;
      changed[random % changed.length] = random >> 8;
    }
    try {
      for (const { open } of await zipEntries(new File([changed], "mail.zip"))) await open();
    } catch (reason) {
      assert.equal(/** @type {any} */ (reason).kind, "model", String(reason));
    }
  }
});

test("an engine is handed the files and told to wait for them", async () => {
  const { workers: [worker], createWorker } = begun({ files: { "manifest.json": new Blob(["{}"]) } });
  assert.deepEqual([worker.options.isOwn, Object.keys(/** @type {any} */ (worker).files)], [true, ["manifest.json"]]);
  assert.ok(createWorker);
});

const begun = (/** @type {object} */ options) => {
  const made = fakes();
  new Engine({ createWorker: made.createWorker, ...options }).load().catch(() => {});
  return made;
};

// A pin of the site's manifest, which says nothing of files of one's own.
const PIN = "0".repeat(64);

test("another model answers once it is there, and the one before it as long as it is not", async () => {
  const { workers, createWorker } = fakes();
  const session = new Session({ createWorker, bundle: "site/", sha256: PIN });
  /** @type {any[]} */
  const told = [];
  session.listen((update) => told.push(update));
  session.start();
  workers[0].ready();
  await settled();
  session.say("a");
  workers[0].answer();
  await settled();
  const files = { "manifest.json": new Blob(["{}"]) };
  const refused = session.use({ files });
  workers[1].say({ Failed: { kind: "model", sentence: "It is none." } });
  await assert.rejects(refused, /It is none/);
  assert.deepEqual([workers[0].isEnded, workers[1].isEnded, session.source.bundle], [false, true, "site/"]);
  const used = session.use({ files });
  const overtaken = assert.rejects(used, { name: "AbortError" });
  const last = session.use({ files });
  await overtaken;
  session.say("ab");
  await settled();
  assert.equal(workers[0].questions.at(-1), "ab");
  workers[3].say({ Ready: { ...MODEL, name: "mine" } });
  await last;
  assert.deepEqual(workers.map(({ isEnded }) => isEnded), [true, true, true, false]);
  assert.deepEqual([told.findLast((update) => update.Model).Model.name, session.source], ["mine", { bundle: undefined, sha256: undefined, files }]);
  assert.deepEqual(workers[3].questions, ["ab"], "the text is asked of the new one");
  // An engine that ends is replaced by one of the same model.
  workers[3].say({ Failed: { kind: "engine", sentence: "Out of memory." } });
  await settled();
  assert.ok(workers[4].options.isOwn);
  session.stop();
});
