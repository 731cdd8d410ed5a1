const { L } = globalThis;

/** The areas of interest on the map. Emits "select" with the id of an area that is pressed. */
export class AreaShapes extends L.Evented {
  constructor(map) {
    super();
    this.layers = new Map();
    this.features = new Map();
    this.group = L.featureGroup().addTo(map);
  }

  /** Show these areas and no others. */
  sync(areas) {
    for (const id of this.layers.keys()) {
      if (!areas.has(id)) this.#remove(id);
    }
    for (const [id, feature] of areas) {
      if (this.features.get(id) !== feature) this.#replace(id, feature);
    }
  }

  get(id) {
    return this.layers.get(id);
  }

  bounds() {
    return this.group.getBounds();
  }

  #replace(id, feature) {
    this.#remove(id);
    const layer = L.geoJSON(feature, {
      style: { className: `area severity-${feature.properties.severity_code}` },
    });
    const name = document.createElement("span");
    name.textContent = feature.properties.name;
    layer.bindTooltip(name, { sticky: true, className: "area-name" });
    layer.on("click", ({ latlng }) => this.fire("select", { id, latlng }));
    this.layers.set(id, layer);
    this.features.set(id, feature);
    this.group.addLayer(layer);
  }

  #remove(id) {
    const layer = this.layers.get(id);
    if (layer) this.group.removeLayer(layer);
    this.layers.delete(id);
    this.features.delete(id);
  }
}
