// The package in pages of others. scripts/test-hosts says where things are.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { after, before, test } from "node:test";

import { Chromium } from "./chromium.mjs";

const { UNDERTONE_PACKAGE: tarball, UNDERTONE_HOSTS: hosts, UNDERTONE_EXPECTED: expected, UNDERTONE_TOOLS: tools } = process.env;
const TEXT = "I will find you and I will kill you, you worthless idiot.";

/** How far a probability may be from the companion's: the two add up in other orders. */
const TOLERANCE = 0.0005;

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".json": "application/json" };

/** @type {Chromium} */
let chromium;
const endings = [];

before(async () => {
  chromium = new Chromium();
  await chromium.start();
});

after(async () => {
  for (const end of endings.reverse()) await end();
  await chromium.stop();
});

/** Serves `folder` on a port of its own. */
const serve = async (folder) => {
  const server = createServer(({ url }, response) => {
    const path = new URL(url, "http://host/").pathname;
    const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
    if (!existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream", "Access-Control-Allow-Origin": "*" });
    response.end(readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  endings.push(() => server.close());
  return `http://127.0.0.1:${server.address().port}/`;
};

/** A copy of a fixture that has the package, and the tools of `tool`. */
const prepared = (name, tool) => {
  const folder = join(hosts, name);
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(import.meta.dirname, name), folder, { recursive: true });
  for (const file of readdirSync(folder, { recursive: true })) {
    const path = join(folder, file);
    if (/\.(m?js|html)$/.test(path)) writeFileSync(path, readFileSync(path, "utf8").replaceAll("{text}", TEXT));
  }
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  mkdirSync(join(folder, "node_modules"));
  execFileSync("tar", ["-xzf", tarball, "-C", join(folder, "node_modules")]);
  cpSync(join(folder, "node_modules/package"), join(folder, "node_modules/undertone"), { recursive: true });
  rmSync(join(folder, "node_modules/package"), { recursive: true });
  if (tool) {
    // Copied, since Next follows no links that lead out of its folder.
    cpSync(join(tools, "hosts", tool, "node_modules"), join(folder, "node_modules"), { recursive: true, verbatimSymlinks: true });
  }
  return folder;
};

/** What a bundler leaves to its user: the files that are no scripts go to where the site serves files. */
const copyFiles = (folder, to) => {
  for (const part of ["wasm", "models"]) cpSync(join(folder, "node_modules/undertone", part), join(folder, to, "undertone", part), { recursive: true });
};

/** Fails unless `shown` is what the companion says of the text. */
const assertRight = (shown) => {
  const { tasks } = JSON.parse(shown);
  const companion = JSON.parse(readFileSync(expected, "utf8"));
  let compared = 0;
  for (const { task, labels } of tasks) {
    for (const { label, probability } of labels) {
      const right = companion[task][label];
      assert.ok(Math.abs(probability - right) < TOLERANCE, `${task} ${label}: ${probability}, of the companion ${right}`);
      compared += 1;
    }
  }
  assert.equal(compared, 7, "there is another number of labels");
};

const run = (folder, command, ...args) => execFileSync(command, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1" } }).toString();

test("plain HTML, from another port", async () => {
  const folder = prepared("plain");
  const site = await serve(join(folder, "node_modules/undertone"));
  const page = join(folder, "index.html");
  writeFileSync(page, readFileSync(page, "utf8").replaceAll("{package}", site));
  assertRight(await chromium.shown(await serve(folder), "#score"));
});

test("Node.js", () => assertRight(run(prepared("node"), "node", "score.mjs")));

test("Vite, as it is developed with", async () => {
  const folder = prepared("vite", "vite");
  copyFiles(folder, "public");
  const vite = spawn("node", ["node_modules/vite/bin/vite.js", "--port", "0", "--host", "127.0.0.1"], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  endings.push(() => vite.kill());
  const address = await new Promise((resolve, reject) => {
    let said = "";
    vite.stdout.on("data", (data) => {
      // Between escapes for colours.
      const found = /http:\/\/127\.0\.0\.1:\d+\//.exec((said += data).replace(/\x1b\[\d+m/g, ""));
      if (found) resolve(found[0]);
    });
    vite.on("exit", () => reject(new Error(`Vite ended: ${said}`)));
  });
  assertRight(await chromium.shown(address, "#score"));
});

test("Vite, built", async () => {
  const folder = prepared("vite", "vite");
  copyFiles(folder, "public");
  run(folder, "node", "node_modules/vite/bin/vite.js", "build");
  assertRight(await chromium.shown(await serve(join(folder, "dist")), "#score"));
});

test("webpack", async () => {
  const folder = prepared("webpack", "webpack");
  const build = `import webpack from "webpack";
    webpack({ mode: "production", entry: "./main.js", output: { path: process.cwd() + "/dist" } }, (error, stats) => {
      if (error || stats.hasErrors()) { console.error(error ?? stats.toString()); process.exit(1); }
    });`;
  run(folder, "node", "--input-type=module", "-e", build);
  copyFiles(folder, "dist");
  writeFileSync(join(folder, "dist/index.html"), "<!doctype html><title>webpack</title><script src=main.js defer></script>");
  const address = await serve(join(folder, "dist"));
  assertRight(await chromium.shown(address, "#score"));
  assert.match(await chromium.shown(address, "#unplaced"), /^build: A bundler has taken .* base/);
});

test("Next", async () => {
  const folder = prepared("next", "next");
  copyFiles(folder, "public");
  run(folder, "node", "node_modules/next/dist/bin/next", "build");
  assertRight(await chromium.shown(await serve(join(folder, "out")), "#score"));
});
