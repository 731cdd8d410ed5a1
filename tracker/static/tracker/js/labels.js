const { L } = globalThis;

const LETTER_WIDTH_PX = 8;
const LINE_HEIGHT_PX = 14;

/** Names of countries and cities: those that are worth their place at the zoom, and in view. */
export class PlaceLabels extends L.LayerGroup {
  /** @param {object[]} features GeoJSON points with `name`, `kind` and the `zoom` they appear at */
  constructor(features) {
    super();
    this.markers = features.map((feature) => {
      const { name, zoom } = feature.properties;
      return { zoom, length: name.length, marker: label(feature) };
    });
  }

  onAdd(map) {
    const pane = map.createPane("labels");
    pane.style.zIndex = 250;
    pane.setAttribute("aria-hidden", "true");
    super.onAdd(map);
    map.on("moveend", this.redraw, this);
    this.redraw();
  }

  onRemove(map) {
    map.off("moveend", this.redraw, this);
    super.onRemove(map);
  }

  redraw() {
    const zoom = this._map.getZoom();
    const bounds = this._map.getBounds();
    const taken = [];
    for (const { marker, zoom: from, length } of this.markers) {
      const isWanted = zoom >= from && bounds.contains(marker.getLatLng());
      const isShown =
        isWanted && takePlace(taken, this._map.latLngToLayerPoint(marker.getLatLng()), length);
      if (isShown !== this.hasLayer(marker)) this[isShown ? "addLayer" : "removeLayer"](marker);
    }
  }
}

/** Whether a label still fits at a point; if so, its place is taken from now on. */
function takePlace(taken, { x, y }, length) {
  const width = length * LETTER_WIDTH_PX;
  const isFree = taken.every(
    (other) =>
      Math.abs(other.y - y) > LINE_HEIGHT_PX || Math.abs(other.x - x) > (other.width + width) / 2,
  );
  if (isFree) taken.push({ x, y, width });
  return isFree;
}

function label({ properties, geometry }) {
  const [longitude, latitude] = geometry.coordinates;
  const text = document.createElement("span");
  text.textContent = properties.name;
  const icon = L.divIcon({
    className: `map-place map-${properties.kind}`,
    html: text,
    iconSize: null,
  });
  return L.marker([latitude, longitude], {
    icon,
    interactive: false,
    keyboard: false,
    pane: "labels",
  });
}
