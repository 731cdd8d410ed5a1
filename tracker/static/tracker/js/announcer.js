const BATCH_MS = 1_500;

/** Says things politely to screen readers, several at once when they come at once. */
export class Announcer {
  #region;
  #pending = [];

  /** @param {HTMLElement} region an element with aria-live */
  constructor(region) {
    this.#region = region;
  }

  say(text) {
    this.#pending.push(text);
    if (this.#pending.length === 1) setTimeout(() => this.#flush(), BATCH_MS);
  }

  #flush() {
    this.#region.textContent = this.#pending.join(" ");
    this.#pending = [];
  }
}
