// node scripts/tokens.mjs MODULE BUNDLE < texts.jsonl > ids.jsonl: as the example `tokens` does, in WebAssembly. MODULE is what wasm-bindgen has made of
// it for Node.js.

import { readFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

const [module, bundle] = process.argv.slice(2);
const { Tokens } = createRequire(import.meta.url)(resolve(module));
const tokens = new Tokens(readFileSync(`${bundle}/manifest.json`), readFileSync(`${bundle}/tokenizer.json`));
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  writeSync(1, `${JSON.stringify([...tokens.ids(JSON.parse(line))])}\n`);
}
