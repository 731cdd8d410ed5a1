import { debounced } from "./debounce.js";
import { element, severityBadge } from "./dom.js";
import { gettext, interpolate, language } from "./i18n.js";
import { timeElement } from "./time.js";

const QUIET_MS = 600;

/** Shows what was reported near the place lately, so that one incident is not reported twice. */
export function hintAtNearby(container, output) {
  const ask = debounced(async ({ latitude, longitude }) => {
    const query = new URLSearchParams({ latitude, longitude });
    try {
      const response = await fetch(`${output.dataset.nearbyUrl}?${query}`);
      if (response.ok) show(output, await response.json());
    } catch (error) {
      console.warn("Nearby reports are not known:", error); // A hint only: offline, there is none.
    }
  }, QUIET_MS);
  container.addEventListener("place", ({ detail }) => ask(detail));
}

function show(output, { reports, hours }) {
  output.hidden = reports.length === 0;
  const text = gettext("Reported nearby in the last %(hours)s hours. Is yours among them?");
  output.replaceChildren(
    element("p", {}, interpolate(text, { hours })),
    element("ul", {}, ...reports.map(item)),
  );
}

function item({ name, severity_code: code, distance_m: metres, created }) {
  const distance = interpolate(gettext("%(metres)s m away"), {
    metres: Math.round(metres).toLocaleString(language),
  });
  return element(
    "li",
    {},
    severityBadge(code),
    element("strong", {}, name),
    element("span", {}, `${distance} · `, timeElement(created)),
  );
}
