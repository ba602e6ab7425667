// A headless Chromium, spoken to over WebDriver: opens pages and waits for what they show.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const PATIENCE = 120_000;
const ATTEMPTS = 5;

export class Chromium {
  /** @type {import("node:child_process").ChildProcess} */
  #driver;
  #session = "";

  async start() {
    // What is free for IPv4 may be taken for IPv6, and then chromedriver ends; the next one takes another port.
    let port;
    for (let attempt = 0; !port && attempt < ATTEMPTS; attempt += 1) port = await this.#startDriver();
    if (!port) throw new Error("chromedriver tells no port");
    const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"];
    const root = `http://127.0.0.1:${port}/session`;
    const { sessionId } = await this.#post(root, { capabilities: { alwaysMatch: { "goog:chromeOptions": { args }, "goog:loggingPrefs": { browser: "ALL" } } } });
    this.#session = `${root}/${sessionId}`;
  }

  /** What the page at `address` shows in the element at `selector`, once it shows something. */
  async shown(address, selector) {
    await this.#post(`${this.#session}/url`, { url: address });
    const end = Date.now() + PATIENCE;
    const script = `return document.querySelector(${JSON.stringify(selector)})?.textContent`;
    while (Date.now() < end) {
      const text = await this.#post(`${this.#session}/execute/sync`, { script, args: [] });
      if (text) return text;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const log = await this.#post(`${this.#session}/se/log`, { type: "browser" });
    throw new Error(`${address} shows nothing at ${selector}: ${log.map(({ message }) => message).join("\n")}`);
  }

  async stop() {
    if (this.#session) await fetch(this.#session, { method: "DELETE" });
    this.#driver.kill();
    await once(this.#driver, "exit");
  }

  /** Its port, once it has one. */
  async #startDriver() {
    this.#driver = spawn(process.env.UNDERTONE_CHROMEDRIVER ?? "chromedriver", ["--port=0"], { stdio: ["ignore", "pipe", "ignore"] });
    for await (const line of createInterface({ input: this.#driver.stdout })) {
      const port = /successfully on port (\d+)/.exec(line)?.[1];
      if (port) return port;
    }
  }

  async #post(address, body) {
    const response = await fetch(address, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
    const { value } = await response.json();
    if (!response.ok) throw new Error(value.message);
    return value;
  }
}
