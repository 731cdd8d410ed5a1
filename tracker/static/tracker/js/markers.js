import { clusterIcon, incidentIcon } from "./icons.js";
import { reducedMotion } from "./map.js";

const { L } = globalThis;

/** The incidents on the map, clustered. Emits "select" with the id of a pressed incident. */
export class IncidentMarkers extends L.Evented {
  constructor(map) {
    super();
    this.map = map;
    this.markers = new Map();
    this.features = new Map();
    this.group = L.markerClusterGroup({
      iconCreateFunction: clusterIcon,
      showCoverageOnHover: false,
      maxClusterRadius: 46,
      animate: !reducedMotion,
    });
    this.group.addTo(map);
    this.group.on("layeradd animationend", () => this.#paintHighlight());
    map.on("moveend", () => this.#paintHighlight());
  }

  /** Show these incidents and no others, touching only what changed. */
  sync(features) {
    const wanted = new Map(features.map((feature) => [feature.id, feature]));
    const gone = [...this.markers.keys()].filter((id) => !wanted.has(id));
    this.group.removeLayers(gone.map((id) => this.#forget(id)));
    const isFresh = ({ id }) => !this.markers.has(id);
    const fresh = features.filter(isFresh);
    const changed = features.filter(
      (feature) => !isFresh(feature) && this.features.get(feature.id) !== feature,
    );
    this.group.addLayers(fresh.map((feature) => this.#make(feature)));
    if (changed.length) this.group.refreshClusters(changed.map((feature) => this.#update(feature)));
    this.#paintHighlight();
  }

  /** The marker of an incident, if it is shown. */
  get(id) {
    return this.markers.get(id);
  }

  /** Bring a marker into view, out of its cluster. */
  reveal(id) {
    return new Promise((resolve) => this.group.zoomToShowLayer(this.markers.get(id), resolve));
  }

  bounds() {
    return this.group.getBounds();
  }

  /** Mark one incident, or the cluster that holds it; null marks none. */
  highlight(id) {
    this.highlighted = id;
    this.#paintHighlight();
  }

  #paintHighlight() {
    const pane = this.map.getPane("markerPane");
    pane
      .querySelectorAll(".is-highlighted")
      .forEach((icon) => icon.classList.remove("is-highlighted"));
    const marker = this.markers.get(this.highlighted);
    const shown = marker && this.group.getVisibleParent(marker);
    shown?.getElement()?.classList.add("is-highlighted");
  }

  #make(feature) {
    const [longitude, latitude] = feature.geometry.coordinates;
    const marker = L.marker([latitude, longitude], {
      icon: incidentIcon(feature),
      severityCode: feature.properties.severity_code,
      keyboard: false, // roving.js instead
      riseOnHover: true,
    });
    marker.on("click", () => this.fire("select", { id: feature.id }));
    this.markers.set(feature.id, marker);
    this.features.set(feature.id, feature);
    return marker;
  }

  #update(feature) {
    const marker = this.markers.get(feature.id);
    const [longitude, latitude] = feature.geometry.coordinates;
    this.features.set(feature.id, feature);
    marker.options.severityCode = feature.properties.severity_code;
    marker.setIcon(incidentIcon(feature));
    if (!marker.getLatLng().equals([latitude, longitude])) marker.setLatLng([latitude, longitude]);
    return marker;
  }

  #forget(id) {
    const marker = this.markers.get(id);
    this.markers.delete(id);
    this.features.delete(id);
    return marker;
  }
}
