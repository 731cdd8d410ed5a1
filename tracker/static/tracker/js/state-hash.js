/**
 * The fingerprint of all open incidents, as the server computes it too (/api/v1/state/).
 *
 * @param {Iterable<object>} features incident features; closed and pending ones do not count
 * @returns {Promise<{incidents: number, hash: string}>}
 */
export async function stateHash(features) {
  const counted = [...features]
    .filter(({ properties: { closed, pending } }) => !closed && !pending)
    .sort((a, b) => a.properties.pk - b.properties.pk);
  const bytes = new TextEncoder().encode(counted.map(line).join(""));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hash = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { incidents: counted.length, hash };
}

function line({ properties, geometry }) {
  const { pk, severity_code: code, name } = properties;
  const [longitude, latitude] = geometry.coordinates.map((degrees) => degrees.toFixed(6));
  return `${pk} ${code} 0 ${longitude} ${latitude} ${name}\n`;
}
