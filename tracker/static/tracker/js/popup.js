import { gettext } from "./i18n.js";
import { element } from "./dom.js";

const { L } = globalThis;

/**
 * The one pop-up of the map. Opening it moves the focus into it, closing it gives the focus back.
 * Emits "close".
 */
export class MapPopup extends L.Evented {
  constructor(map) {
    super();
    this.map = map;
    this.content = element("div", { role: "dialog", tabindex: "-1", class: "popup-content" });
    this.popup = L.popup({ maxWidth: 320, minWidth: 240, autoClose: true, closeOnClick: true });
    this.popup.setContent(this.content);
    this.popup.on("remove", () => this.#closed());
    this.content.addEventListener("keydown", ({ key }) => key === "Escape" && this.close());
  }

  get isOpen() {
    return this.popup.isOpen();
  }

  /**
   * @param {HTMLElement} card
   * @param {L.LatLng|number[]} place
   * @param {{offset?: number, opener: ?HTMLElement}} options pixels above the place, and where the
   *   focus goes back to
   */
  open(card, place, { offset = 0, opener }) {
    this.popup.close();
    this.opener = opener;
    this.popup.options.offset = [0, 7 - offset];
    this.#fill(card);
    this.popup.setLatLng(place).openOn(this.map);
    const close = this.popup.getElement().querySelector(".leaflet-popup-close-button");
    close.setAttribute("aria-label", gettext("Close"));
    this.content.focus({ preventScroll: true });
  }

  /** Show a newer card, if it is one, without moving the focus out. */
  update(card, place) {
    // Setting the same place again would pull the map back from where it was dragged to.
    if (!this.popup.getLatLng().equals(place)) this.popup.setLatLng(place);
    if (card.isEqualNode(this.content.firstChild)) return;
    const hadFocus = this.content.contains(document.activeElement);
    this.#fill(card);
    if (hadFocus) this.content.focus({ preventScroll: true });
  }

  close() {
    this.popup.close();
  }

  #fill(card) {
    this.content.replaceChildren(card);
    this.content.setAttribute("aria-label", card.querySelector("h2").textContent);
  }

  #closed() {
    const hadFocus = this.popup.getElement().contains(document.activeElement);
    const opener =
      this.opener?.isConnected && this.opener.checkVisibility()
        ? this.opener
        : this.map.getContainer();
    if (hadFocus) opener.focus({ preventScroll: true });
    this.fire("close");
  }
}
