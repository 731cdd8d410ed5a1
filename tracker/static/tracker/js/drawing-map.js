import { gettext, interpolate } from "./i18n.js";
import { createMap, embedded, fit } from "./map.js";

const { L } = globalThis;

const GRASP = 44;
const NUDGES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const NUDGE_PX = 4;

const toPoint = ({ lat, lng }) => [lng, lat];
const toLatLng = ([lng, lat]) => [lat, lng];

/**
 * The map that a Drawing is drawn on, with mouse, touch or keyboard.
 *
 * A click adds a point while adding; a point is dragged, or chosen and moved with the arrow keys;
 * the small handle between two points becomes a point when it is dragged or pressed.
 * Events: "change" (the drawing changed), "preview" (a point is on its way).
 */
export class DrawingMap extends EventTarget {
  isAdding = false;
  #chosen = null;

  constructor(container, drawing) {
    super();
    this.drawing = drawing;
    this.container = container;
    this.map = createMap(container, { ...embedded, doubleClickZoom: false });
    this.shape = L.polygon([], { className: "outline", interactive: false }).addTo(this.map);
    this.handles = L.layerGroup().addTo(this.map);
    this.map.on("click", ({ latlng }) => this.isAdding && this.#add(latlng));
  }

  /** Whether clicks on the map add points. */
  setAdding(isAdding) {
    this.isAdding = isAdding;
    this.container.classList.toggle("is-adding", isAdding);
  }

  addAtCentre() {
    this.#add(this.map.getCenter());
  }

  removeChosen() {
    if (!this.#chosen) return;
    const { ring, index } = this.#chosen;
    this.#choose(null);
    this.drawing.remove(ring, index);
    this.#changed();
  }

  fit() {
    fit(this.map, this.shape.getBounds());
  }

  render() {
    this.#drawShape();
    const hadFocus =
      this.container.contains(document.activeElement) && document.activeElement.closest(".vertex");
    this.handles.clearLayers();
    this.vertices = this.drawing.rings.map((points, ring) =>
      points.map((point, index) => this.#addVertex(ring, index, point)),
    );
    this.drawing.rings.forEach(
      (points, ring) => points.length > 1 && this.#addMidpoints(ring, points),
    );
    this.#showChosen({ focus: Boolean(hadFocus) });
  }

  /** Show where the drawing is wrong; null shows that it is not. */
  markProblem(problem) {
    this.shape.getElement()?.classList.toggle("is-wrong", problem !== null);
  }

  #drawShape() {
    this.shape.setLatLngs(this.drawing.rings.map((ring) => ring.map(toLatLng)));
  }

  #add(latlng) {
    this.drawing.append(toPoint(latlng));
    this.#choose({
      ring: this.drawing.active,
      index: this.drawing.rings[this.drawing.active].length - 1,
    });
    this.#changed();
  }

  #addVertex(ring, index, point) {
    const label = interpolate(gettext("Point %(number)s. Arrow keys move it, Delete removes it."), {
      number: index + 1,
    });
    const vertex = this.#handle(point, "vertex", label);
    vertex.on("dragstart", () => this.drawing.checkpoint());
    vertex.on("drag", () => this.#preview(ring, index, vertex.getLatLng()));
    vertex.on("dragend", () => this.#changed());
    vertex.on("click", () => this.#choose({ ring, index }));
    const icon = vertex.getElement();
    icon.addEventListener("focus", () => this.#choose({ ring, index }));
    icon.addEventListener("keydown", (event) => this.#vertexKey(event, ring, index));
    return vertex;
  }

  #addMidpoints(ring, points) {
    points.forEach((point, index) => {
      const next = points[(index + 1) % points.length];
      const between = [(point[0] + next[0]) / 2, (point[1] + next[1]) / 2];
      this.#addMidpoint(ring, index + 1, between);
    });
  }

  #addMidpoint(ring, index, between) {
    const handle = this.#handle(between, "midpoint", null);
    const insert = () => this.drawing.insert(ring, index, toPoint(handle.getLatLng()));
    handle.on("dragstart", insert);
    handle.on("drag", () => this.#preview(ring, index, handle.getLatLng()));
    handle.on("dragend", () => this.#changed());
    handle.on("click", () => {
      insert();
      this.#choose({ ring, index });
      this.#changed();
    });
  }

  #handle(point, className, label) {
    const icon = L.divIcon({ className, iconSize: [GRASP, GRASP] });
    const zIndexOffset = className === "vertex" ? 1000 : 0;
    const handle = L.marker(toLatLng(point), {
      icon,
      draggable: true,
      keyboard: label !== null,
      zIndexOffset,
    });
    this.handles.addLayer(handle);
    if (label) handle.getElement().setAttribute("aria-label", label);
    return handle;
  }

  #preview(ring, index, latlng) {
    this.drawing.place(ring, index, toPoint(latlng));
    this.#drawShape();
    this.dispatchEvent(new Event("preview"));
  }

  #vertexKey(event, ring, index) {
    if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      this.#choose({ ring, index });
      this.removeChosen();
    } else if (event.key in NUDGES) {
      event.preventDefault();
      event.stopPropagation();
      this.#nudge(ring, index, NUDGES[event.key]);
    }
  }

  #nudge(ring, index, [dx, dy]) {
    const place = this.map.latLngToLayerPoint(toLatLng(this.drawing.rings[ring][index]));
    const moved = this.map.layerPointToLatLng(place.add([dx * NUDGE_PX, dy * NUDGE_PX]));
    this.drawing.checkpoint();
    this.drawing.place(ring, index, toPoint(moved));
    this.#changed();
  }

  #choose(chosen) {
    this.#chosen = chosen;
    this.#showChosen({ focus: false });
  }

  #showChosen({ focus }) {
    this.container
      .querySelectorAll(".is-chosen")
      .forEach((icon) => icon.classList.remove("is-chosen"));
    const icon =
      this.#chosen && this.vertices?.[this.#chosen.ring]?.[this.#chosen.index]?.getElement();
    icon?.classList.add("is-chosen");
    if (focus) icon?.focus({ preventScroll: true });
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
