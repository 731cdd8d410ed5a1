/** The number of unread alerts, wherever the page shows it, and in its title. */
export class UnreadBadge {
  #title = document.title;

  show(count) {
    for (const badge of document.querySelectorAll("[data-unread]")) {
      badge.hidden = count === 0;
      badge.textContent = count;
    }
    document.title = count ? `(${count}) ${this.#title}` : this.#title;
  }
}
