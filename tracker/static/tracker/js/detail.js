import { incidentIcon } from "./icons.js";
import { createMap, embedded, fit, focusPoint } from "./map.js";

const { L } = globalThis;

/** Show one feature, whose GeoJSON stands in the page, on a map, and follow it. */
function showFeature(container) {
  const map = createMap(container, embedded);
  let layer = null;
  const show = () => {
    const source = document.getElementById(container.dataset.featureMap);
    layer?.remove();
    if (source) layer = addFeature(map, JSON.parse(source.textContent));
  };
  show();
  document.querySelector("[data-live]")?.addEventListener("replaced", show);
}

function addFeature(map, feature) {
  const layer = L.geoJSON(feature, {
    style: { className: `area severity-${feature.properties.severity_code}` },
    pointToLayer: (_, place) =>
      L.marker(place, { icon: incidentIcon(feature), interactive: false, keyboard: false }),
  }).addTo(map);
  if (feature.geometry.type === "Point") focusPoint(map, feature.geometry.coordinates);
  else fit(map, layer.getBounds());
  return layer;
}

document.querySelectorAll("[data-feature-map]").forEach(showFeature);
