/** An outline with holes while it is drawn. Knows nothing of maps; see geometry.js for rings. */
export class Drawing {
  #past = [];

  constructor() {
    this.rings = [[]];
  }

  /** The ring that new points go to: the one begun last. */
  get active() {
    return this.rings.length - 1;
  }

  get isEmpty() {
    return this.rings[0].length === 0;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  /** Remember the present shape; the next `undo` comes back to it. */
  checkpoint() {
    this.#past.push(structuredClone(this.rings));
  }

  undo() {
    this.rings = this.#past.pop() ?? this.rings;
  }

  /** Make the present shape the first one, to which nothing is before. */
  forgetPast() {
    this.#past = [];
  }

  append(point) {
    this.checkpoint();
    this.rings[this.active].push(point);
  }

  insert(ring, index, point) {
    this.checkpoint();
    this.rings[ring].splice(index, 0, point);
  }

  /** Put a point elsewhere, without a checkpoint of its own: a drag is many places, one step. */
  place(ring, index, point) {
    this.rings[ring][index] = point;
  }

  remove(ring, index) {
    this.checkpoint();
    this.rings[ring].splice(index, 1);
    if (ring > 0 && this.rings[ring].length === 0) this.rings.splice(ring, 1);
  }

  startHole() {
    this.checkpoint();
    this.rings.push([]);
  }

  clear() {
    this.checkpoint();
    this.rings = [[]];
  }

  /**
   * Take over a GeoJSON Polygon, or a Feature that holds one.
   *
   * @throws {TypeError} if it is anything else
   */
  load(geojson) {
    const geometry = geojson?.type === "Feature" ? geojson.geometry : geojson;
    if (geometry?.type !== "Polygon" || !areRings(geometry.coordinates)) {
      throw new TypeError("Expected a GeoJSON Polygon with rings of [longitude, latitude].");
    }
    this.checkpoint();
    this.rings = geometry.coordinates.map(opened);
  }

  /** A GeoJSON Polygon with closed rings, or null of an empty drawing. */
  toGeoJSON() {
    if (this.isEmpty) return null;
    const rings = this.rings.filter((ring) => ring.length > 0);
    return { type: "Polygon", coordinates: rings.map((ring) => [...ring, ring[0]]) };
  }
}

function areRings(coordinates) {
  const isPoint = (point) =>
    Array.isArray(point) && point.length >= 2 && point.slice(0, 2).every(Number.isFinite);
  return (
    Array.isArray(coordinates) &&
    coordinates.length > 0 &&
    coordinates.every((ring) => Array.isArray(ring) && ring.every(isPoint))
  );
}

function opened(ring) {
  const points = ring.map(([x, y]) => [x, y]);
  const [first, last] = [points[0], points.at(-1)];
  const isClosed = points.length > 1 && first[0] === last[0] && first[1] === last[1];
  return isClosed ? points.slice(0, -1) : points;
}
