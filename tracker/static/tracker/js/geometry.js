/**
 * Geometry of the page, in degrees. A point is GeoJSON's `[longitude, latitude]`; a ring is a list
 * of points that is not closed (its last point is not its first again).
 */
const EARTH_RADIUS_KM = 6371.0088;

/** The sign says on which side of the line `a`-`b` the point `c` lies; 0 is on it. */
function side(a, b, c) {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

function isBetween(a, b, c) {
  return (
    Math.min(a[0], b[0]) <= c[0] &&
    c[0] <= Math.max(a[0], b[0]) &&
    Math.min(a[1], b[1]) <= c[1] &&
    c[1] <= Math.max(a[1], b[1])
  );
}

function isOnSegment(a, b, point) {
  return side(a, b, point) === 0 && isBetween(a, b, point);
}

/** Whether segments `a`-`b` and `c`-`d` share a point. */
function segmentsTouch(a, b, c, d) {
  const opposite = (p, q, r, s) => Math.sign(side(p, q, r)) * Math.sign(side(p, q, s)) < 0;
  return (
    (opposite(a, b, c, d) && opposite(c, d, a, b)) ||
    isOnSegment(a, b, c) ||
    isOnSegment(a, b, d) ||
    isOnSegment(c, d, a) ||
    isOnSegment(c, d, b)
  );
}

function segments(ring) {
  return ring.map((point, index) => [point, ring[(index + 1) % ring.length]]);
}

/** "inside", "boundary" or "outside". */
function locate(ring, point) {
  let inside = false;
  for (const [a, b] of segments(ring)) {
    if (isOnSegment(a, b, point)) return "boundary";
    const straddles = a[1] > point[1] !== b[1] > point[1];
    if (straddles && point[0] < ((b[0] - a[0]) * (point[1] - a[1])) / (b[1] - a[1]) + a[0]) {
      inside = !inside;
    }
  }
  return inside ? "inside" : "outside";
}

/** Whether GeoJSON polygon coordinates cover a point. As on the server, the boundary counts. */
export function covers(coordinates, point) {
  const [outline, ...holes] = coordinates;
  return (
    locate(outline, point) !== "outside" && holes.every((hole) => locate(hole, point) !== "inside")
  );
}

/** The index of the first segment that turns back on or meets a later one, or -1. */
function firstCrossing(ring) {
  const lines = segments(ring);
  const count = lines.length;
  for (let i = 0; i < count; i += 1) {
    const [a, b] = lines[i];
    const next = lines[(i + 1) % count][1];
    if (
      side(a, b, next) === 0 &&
      (b[0] - a[0]) * (next[0] - b[0]) + (b[1] - a[1]) * (next[1] - b[1]) < 0
    ) {
      return i;
    }
    for (let j = i + 2; j < count; j += 1) {
      const areNeighbours = i === 0 && j === count - 1;
      if (!areNeighbours && segmentsTouch(a, b, ...lines[j])) return i;
    }
  }
  return -1;
}

function ringsCross(one, other) {
  return segments(one).some(([a, b]) =>
    segments(other).some(([c, d]) => segmentsTouch(a, b, c, d)),
  );
}

function ringProblem(ring, index) {
  if (ring.length < 3) return { problem: "too-few", ring: index };
  if (ring.some(([x, y]) => Math.abs(x) > 180 || Math.abs(y) > 90)) {
    return { problem: "out-of-range", ring: index };
  }
  const point = firstCrossing(ring);
  return point < 0 ? null : { problem: "crossing", ring: index, point };
}

function holeProblem(rings, index) {
  const hole = rings[index];
  if (!hole.every((point) => locate(rings[0], point) === "inside") || ringsCross(hole, rings[0])) {
    return { problem: "hole-outside", ring: index };
  }
  const isApart = (other) =>
    !ringsCross(hole, other) &&
    locate(other, hole[0]) === "outside" &&
    locate(hole, other[0]) === "outside";
  return rings.slice(1, index).every(isApart) ? null : { problem: "holes-overlap", ring: index };
}

/**
 * What keeps an outline and its holes from being an area.
 *
 * @param {number[][][]} rings the outline first, then holes
 * @returns {?{problem: string, ring: number, point?: number}} null if nothing does; otherwise
 *   "too-few" (points), "out-of-range", "crossing" (at segment `point`), "hole-outside" or
 *   "holes-overlap", and the ring it is about
 */
export function findProblem(rings) {
  for (const [index, ring] of rings.entries()) {
    const found = ringProblem(ring, index);
    if (found) return found;
  }
  for (let index = 1; index < rings.length; index += 1) {
    const found = holeProblem(rings, index);
    if (found) return found;
  }
  return null;
}

function ringArea(ring) {
  const radians = Math.PI / 180;
  const sum = segments(ring).reduce(
    (total, [a, b]) =>
      total + (b[0] - a[0]) * radians * (2 + Math.sin(a[1] * radians) + Math.sin(b[1] * radians)),
    0,
  );
  return Math.abs((sum * EARTH_RADIUS_KM ** 2) / 2);
}

/** Square kilometres on the sphere, holes taken out. */
export function areaInSquareKilometres(rings) {
  const [outline, ...holes] = rings.map(ringArea);
  return outline - holes.reduce((total, hole) => total + hole, 0);
}

/** A longitude brought into -180..180. */
export function wrapLongitude(longitude) {
  return longitude >= -180 && longitude <= 180
    ? longitude
    : ((((longitude + 180) % 360) + 360) % 360) - 180;
}
