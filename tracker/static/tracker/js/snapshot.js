import { askApi, Refused } from "./api.js";

const MOST_ALERTS = 200;

/** The session has ended, or the account may not see this: only signing in again helps. */
export class SignedOut extends Error {}

/**
 * Fetch a page of this site that needs a login.
 *
 * @throws {SignedOut} if the login has ended
 */
export async function fetchSignedIn(url, { signal, accept }) {
  // A redirect can only lead to the login page; followed, it would arrive as HTML with status 200.
  const response = await fetch(url, { signal, redirect: "manual", headers: { Accept: accept } });
  if (response.type === "opaqueredirect" || isSignedOut(response.status)) {
    throw new SignedOut("The session has ended.");
  }
  return response;
}

/**
 * Fetch everything that the live map shows.
 *
 * @param {{incidentsUrl: string, areasUrl: string}} urls
 * @param {{withClosed: boolean, bounds: ?string}} scope bounds are "west,south,east,north"
 * @param {AbortSignal} signal
 * @returns {Promise<object>} `incidents` and `areas` as GeoJSON FeatureCollections, `alerts`,
 *   whether it `isPartial`, and the `position` as of before any of them was read
 * @throws {SignedOut} if a login is needed; any other error if the server cannot be reached
 */
export async function fetchSnapshot(urls, { withClosed, bounds }, signal) {
  const query = new URLSearchParams();
  if (withClosed) query.set("state", "all");
  if (bounds) query.set("bbox", bounds);
  // The alerts come last: what happens to them after the positions were read comes again.
  const [incidents, areas] = await Promise.all([
    fetchCollection(query.size ? `${urls.incidentsUrl}?${query}` : urls.incidentsUrl, signal),
    fetchCollection(urls.areasUrl, signal),
  ]);
  const alerts = await fetchAlerts(signal);
  const position = lower(incidents, areas);
  return { incidents, areas, alerts, isPartial: Boolean(bounds), position };
}

async function fetchCollection(url, signal) {
  const response = await fetchSignedIn(url, { signal, accept: "application/json" });
  if (!response.ok) throw new Error(`${url} answered ${response.status}.`);
  return response.json();
}

async function fetchAlerts(signal) {
  try {
    const page = await askApi(`alerts/?state=active&page_size=${MOST_ALERTS}`, { signal });
    return page.results;
  } catch (error) {
    if (error instanceof Refused && isSignedOut(error.status)) throw new SignedOut(error.message);
    throw error;
  }
}

function isSignedOut(status) {
  return status === 401 || status === 403;
}

function lower(a, b) {
  return a.seq < b.seq ? { epoch: a.epoch, seq: a.seq } : { epoch: b.epoch, seq: b.seq };
}
