// Notices that a worker has died without a word: browsers end workers for lack of memory, and tell nobody.

/** How late a timer may be in a page that runs. One that is later was asleep, and what it missed it is about to hear. */
const LATE = 1000;

/** Waits for a sign of life from whoever owes one, asks for it, and gives up. */
export class Watchdog {
  #patience;
  #ask;
  #giveUp;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #allowance = 0;

  /**
   * @param {number} patience in milliseconds, before it asks and once more before it gives up
   * @param {() => void} ask
   * @param {() => void} giveUp
   */
  constructor(patience, ask, giveUp) {
    this.#patience = patience;
    this.#ask = ask;
    this.#giveUp = giveUp;
  }

  /**
   * There is something to wait for.
   *
   * @param {number} allowance how many milliseconds may go by without a sign because there is much to do
   */
  wait(allowance) {
    this.#allowance = allowance;
    this.#set(this.#patience + allowance, () => {
      this.#ask();
      this.#set(this.#patience, this.#giveUp);
    });
  }

  /** There was a sign of life, and there is more to wait for. */
  heard() {
    this.wait(this.#allowance);
  }

  /** There is nothing to wait for. */
  rest() {
    clearTimeout(this.#timer);
  }

  /**
   * @param {number} milliseconds
   * @param {() => void} act
   */
  #set(milliseconds, act) {
    clearTimeout(this.#timer);
    const due = Date.now() + milliseconds;
    this.#timer = setTimeout(() => (Date.now() - due > LATE ? this.heard() : act()), milliseconds);
  }
}
