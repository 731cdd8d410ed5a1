import { gettext, interpolate, language } from "./i18n.js";
import { button, element, symbol } from "./dom.js";
import { locate } from "./geolocation.js";
import { wrapLongitude } from "./geometry.js";
import { createMap, embedded, embeddedHint, focusPoint } from "./map.js";

const { L } = globalThis;

const DIGITS = 6; // A tenth of a metre.
const PIN_SIZE = 42;

/**
 * A point as two number inputs and a map with a pin. Whichever is changed, the others follow.
 * The inputs are what is sent, and all there is without JavaScript. The container hears "place"
 * with `{latitude, longitude}` as `detail`.
 */
export class PointInput {
  /** @param {HTMLElement} container [data-point-input] with inputs for latitude and longitude */
  constructor(container) {
    this.container = container;
    [this.latitude, this.longitude] = container.querySelectorAll("input");
    this.status = element("p", { class: "help", role: "status" });
    this.say(
      `${gettext("Press on the map to place the pin, then drag it to the exact spot.")} ${embeddedHint}`,
    );
    this.mapElement = element("div", {
      class: "small-map",
      "aria-label": gettext("Map: the place of the incident"),
    });
    const locateButton = button(gettext("Use my location"), { icon: "target", class: "button" });
    container.prepend(locateButton, this.status, this.mapElement);
    locateButton.addEventListener("click", () => this.locate());
    this.makeMap();
    for (const input of [this.latitude, this.longitude]) {
      input.addEventListener("input", () => this.typed());
      input.addEventListener("change", () => this.showPin());
    }
    this.typed();
    this.showPin();
  }

  /** Take the browser's own location, or say why there is none. */
  async locate() {
    this.say(gettext("Looking for your location…"));
    try {
      const { latitude, longitude, accuracy } = await locate();
      this.set([longitude, latitude]);
      this.showPin();
      this.showAccuracy([latitude, longitude], accuracy);
    } catch (error) {
      this.say(error.message, { isProblem: true });
    }
  }

  makeMap() {
    this.map = createMap(this.mapElement, embedded);
    const html = symbol("brand");
    const icon = L.divIcon({
      className: "pin",
      html,
      iconSize: [PIN_SIZE, PIN_SIZE],
      iconAnchor: [PIN_SIZE / 2, PIN_SIZE * 0.9],
    });
    this.pin = L.marker([0, 0], { icon, draggable: true, keyboard: false });
    this.pin.on("drag", () => this.pointed(this.pin.getLatLng()));
    this.map.on("click", ({ latlng }) => this.pointed(latlng));
  }

  pointed({ lat, lng }) {
    this.set([wrapLongitude(lng), lat]);
  }

  set([longitude, latitude]) {
    this.accuracy?.remove();
    this.latitude.value = latitude.toFixed(DIGITS);
    this.longitude.value = longitude.toFixed(DIGITS);
    this.movePin(latitude, longitude);
  }

  movePin(latitude, longitude) {
    this.pin.setLatLng([latitude, longitude]).addTo(this.map);
    const detail = { latitude, longitude };
    this.container.dispatchEvent(new CustomEvent("place", { detail }));
  }

  typed() {
    const [latitude, longitude] = [this.latitude, this.longitude];
    const isComplete = [latitude, longitude].every(
      (input) => input.value !== "" && input.validity.valid,
    );
    if (!isComplete) return;
    this.accuracy?.remove();
    this.movePin(latitude.valueAsNumber, longitude.valueAsNumber);
  }

  /** Centre on the pin, once it has been placed. */
  showPin() {
    const { lat, lng } = this.pin.getLatLng();
    if (this.map.hasLayer(this.pin)) focusPoint(this.map, [lng, lat]);
  }

  showAccuracy(place, metres) {
    this.accuracy = L.circle(place, {
      radius: metres,
      className: "accuracy",
      interactive: false,
    }).addTo(this.map);
    const text = gettext("Located to about %(metres)s m. Drag the pin if it is not quite there.");
    this.say(interpolate(text, { metres: Math.ceil(metres).toLocaleString(language) }));
  }

  say(text, { isProblem = false } = {}) {
    this.status.textContent = text;
    this.status.className = isProblem ? "notice" : "help";
  }
}

/** Every point input of the page. */
export const pointInputs = [...document.querySelectorAll("[data-point-input]")].map(
  (container) => new PointInput(container),
);
