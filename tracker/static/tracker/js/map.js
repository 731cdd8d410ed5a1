import { gettext } from "./i18n.js";
import { Graticule } from "./graticule.js";
import { PlaceLabels } from "./labels.js";

const { L } = globalThis;

const MAX_ZOOM = 18; // The offline map has no end of its own, and markercluster needs one.
/** How close a place is looked at: streets on tiles; without them a coast or city is in view. */
const FOCUS_ZOOM = document.body.dataset.tileUrl ? 14 : 7;

export const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * Make a map with the offline base map, and with tiles where a tile server is set.
 * Where the base map comes from is said by the body's data attributes (includes/map_data.html).
 *
 * @param {HTMLElement} container
 * @param {object} options for L.map
 */
export function createMap(container, options = {}) {
  container.setAttribute("role", "region");
  const map = L.map(container, {
    maxZoom: MAX_ZOOM,
    minZoom: 2,
    maxBounds: [
      [-88, -210],
      [88, 210],
    ],
    maxBoundsViscosity: 0.8,
    zoomControl: false,
    zoomAnimation: !reducedMotion,
    fadeAnimation: !reducedMotion,
    markerZoomAnimation: !reducedMotion,
    ...options,
  });
  map.attributionControl.setPrefix('<a href="https://leafletjs.com">Leaflet</a>');
  const titles = { zoomInTitle: gettext("Zoom in"), zoomOutTitle: gettext("Zoom out") };
  L.control.zoom({ position: "bottomright", ...titles }).addTo(map);
  L.control.scale({ position: "bottomright", maxWidth: 120, imperial: false }).addTo(map);
  addBaseMap(map, document.body.dataset);
  new ResizeObserver(() => map.invalidateSize()).observe(container);
  return map.setView([20, 10], 2);
}

/** Options of a map inside a page that scrolls: one finger scrolls the page, two move the map. */
const isTouched = matchMedia("(pointer: coarse)").matches;
export const embedded = Object.freeze({ dragging: !isTouched, scrollWheelZoom: false });
export const embeddedHint = isTouched ? gettext("Two fingers move the map.") : "";

/** Centre on a GeoJSON point, close enough to see where it is. */
export function focusPoint(map, [longitude, latitude], zoom = FOCUS_ZOOM) {
  map.setView([latitude, longitude], Math.max(map.getZoom(), zoom), { animate: !reducedMotion });
}

/** Show all of some bounds; none leaves the world. */
export function fit(map, bounds) {
  if (bounds.isValid())
    map.fitBounds(bounds, { padding: [40, 40], maxZoom: FOCUS_ZOOM, animate: false });
}

async function addBaseMap(map, { landUrl, tileUrl, tileAttribution }) {
  if (tileUrl) {
    L.tileLayer(tileUrl, { attribution: tileAttribution, maxZoom: MAX_ZOOM }).addTo(map);
    return;
  }
  new Graticule().addTo(map);
  try {
    addLand(map, await (await fetch(landUrl)).json());
  } catch (error) {
    console.warn("The base map could not be loaded; everything else works:", error);
  }
}

function addLand(map, { features }) {
  const ofKind = (...kinds) => features.filter(({ properties }) => kinds.includes(properties.kind));
  map.createPane("land").style.zIndex = 150;
  L.geoJSON(ofKind("land", "border"), {
    pane: "land",
    interactive: false,
    attribution: gettext("Made with Natural Earth"),
    style: ({ properties }) => ({
      className: `map-${properties.kind}`,
      renderer: landRenderer(map),
    }),
  }).addTo(map);
  new PlaceLabels(ofKind("country", "city")).addTo(map);
}

/** One surface for the land, half a screen larger than the view: panning shows no edge. */
function landRenderer(map) {
  map.landRenderer ??= L.svg({ pane: "land", padding: 0.5 });
  return map.landRenderer;
}
