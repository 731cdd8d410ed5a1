import { gettext } from "./i18n.js";

const TIMEOUT_MS = 15_000;

function explain(error) {
  switch (error.code) {
    case GeolocationPositionError.PERMISSION_DENIED:
      return gettext(
        "Your browser was not allowed to tell your location. You can allow it in the browser's settings for this page, or mark the place on the map.",
      );
    case GeolocationPositionError.TIMEOUT:
      return gettext(
        "Finding your location took too long. Try again, or mark the place on the map.",
      );
    default:
      return gettext(
        "Your location cannot be found at the moment. Mark the place on the map instead.",
      );
  }
}

/**
 * Ask the browser where it is.
 *
 * @returns {Promise<GeolocationCoordinates>} with `accuracy` in metres
 * @throws {Error} whose message tells the user why not, and what to do instead
 */
export function locate() {
  if (!window.isSecureContext || !navigator.geolocation) {
    const message = gettext(
      "Browsers tell a location only to pages with a secure address (https). Mark the place on the map instead.",
    );
    return Promise.reject(new Error(message));
  }
  return new Promise((resolve, reject) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve(coords),
      (error) => reject(new Error(explain(error))),
      { enableHighAccuracy: true, timeout: TIMEOUT_MS },
    );
  });
}

/** Whether asking would bring no question up, because the user said yes before. */
export async function isLocatingAllowed() {
  const permission = await navigator.permissions?.query({ name: "geolocation" });
  return permission?.state === "granted";
}
