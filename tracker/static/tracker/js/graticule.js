const { L } = globalThis;

const STEPS = [30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
const SPACING_PX = 150;
const STEEPEST_LATITUDE = 85;

/** The finest step whose lines are still far enough apart at a zoom. */
function stepAt(zoom) {
  const spacing = (SPACING_PX * 360) / (256 * 2 ** zoom);
  return STEPS.findLast((step) => step >= spacing) ?? STEPS[0];
}

function* multiples(step, from, to) {
  for (let index = Math.ceil(from / step); index * step <= to; index += 1) yield index * step;
}

function degrees(value, step, [positive, negative]) {
  const digits = Math.max(0, Math.ceil(-Math.log10(step)));
  const sign = value === 0 ? "" : value > 0 ? positive : negative;
  return `${Math.abs(value).toFixed(digits)}°${sign}`;
}

/** Meridians and parallels with their degrees, closer together the closer one looks. */
export class Graticule extends L.LayerGroup {
  onAdd(map) {
    super.onAdd(map);
    this.renderer = L.svg({ padding: 0.2 });
    map.on("moveend", this.redraw, this);
    this.redraw();
  }

  onRemove(map) {
    map.off("moveend", this.redraw, this);
    super.onRemove(map);
  }

  redraw() {
    this.clearLayers();
    const step = stepAt(this._map.getZoom());
    const bounds = this._map.getBounds();
    const [west, east] = [Math.max(-180, bounds.getWest()), Math.min(180, bounds.getEast())];
    const north = Math.min(STEEPEST_LATITUDE, bounds.getNorth());
    const south = Math.max(-STEEPEST_LATITUDE, bounds.getSouth());
    for (const longitude of multiples(step, west, east)) {
      this.#line([
        [south, longitude],
        [north, longitude],
      ]);
      this.#label([north, longitude], degrees(longitude, step, "EW"), "meridian");
    }
    for (const latitude of multiples(step, south, north)) {
      this.#line([
        [latitude, west],
        [latitude, east],
      ]);
      this.#label([latitude, west], degrees(latitude, step, "NS"), "parallel");
    }
  }

  #line(points) {
    const options = {
      className: "map-graticule",
      interactive: false,
      renderer: this.renderer,
      pane: "tilePane",
    };
    this.addLayer(L.polyline(points, options));
  }

  #label(point, text, kind) {
    const icon = L.divIcon({
      className: `map-degrees map-degrees-${kind}`,
      html: text,
      iconSize: null,
    });
    this.addLayer(L.marker(point, { icon, interactive: false, keyboard: false, pane: "tilePane" }));
  }
}
