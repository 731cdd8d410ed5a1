import { gettext, interpolate } from "./i18n.js";
import { element, severityBadge } from "./dom.js";
import { severityLabel } from "./severity.js";
import { timeElement } from "./time.js";

const LONGEST_DESCRIPTION = 240;

/** What a pop-up says of an incident, and of the areas it lies in. */
export function incidentCard({ properties }, areas, isEditable) {
  const { name, description, severity_code: code, closed, created, updated, url } = properties;
  return element(
    "article",
    { class: "card" },
    element(
      "p",
      { class: "card-status" },
      severityBadge(code),
      closed ? gettext("Closed") : gettext("Open"),
    ),
    element("h2", {}, name),
    description ? element("p", { class: "card-text" }, shortened(description)) : null,
    element(
      "dl",
      { class: "facts" },
      ...fact(gettext("Reported"), timeElement(created)),
      ...(isLater(updated, created) ? fact(gettext("Updated"), timeElement(updated)) : []),
      ...(areas.length ? fact(gettext("In"), areaLinks(areas.map((area) => area.properties))) : []),
    ),
    links(url, isEditable),
  );
}

/** What a pop-up says of an area. */
export function areaCard({ properties }, isEditable) {
  const { name, severity_code: code, url } = properties;
  return element(
    "article",
    { class: "card" },
    element("p", { class: "card-status" }, severityBadge(code), gettext("Area of interest")),
    element("h2", {}, name),
    element("p", { class: "card-text" }, watchText(code)),
    links(url, isEditable),
  );
}

/** Links to areas, as a list in a sentence. Takes what has a `name`, and a `url` while it exists. */
export function areaLinks(areas) {
  const named = ({ name, url }) => (url ? element("a", { href: url }, name) : name);
  const parts = areas.flatMap((area) => [", ", named(area)]);
  return element("span", {}, ...parts.slice(1));
}

function watchText(code) {
  return code === "UR"
    ? gettext("Alerts for urgent incidents.")
    : interpolate(gettext("Alerts for incidents of severity %(severity)s and worse."), {
        severity: severityLabel(code),
      });
}

/** A row that was never edited has its two times some microseconds apart. */
function isLater(time, other) {
  return Date.parse(time) - Date.parse(other) > 1_000;
}

function fact(term, value) {
  return [element("dt", {}, term), element("dd", {}, value)];
}

function links(url, isEditable) {
  return element(
    "p",
    { class: "card-links" },
    element("a", { class: "button", href: url }, gettext("Details")),
    isEditable ? element("a", { class: "button", href: `${url}edit/` }, gettext("Edit")) : null,
  );
}

function shortened(text) {
  return text.length > LONGEST_DESCRIPTION
    ? `${text.slice(0, LONGEST_DESCRIPTION).trimEnd()}…`
    : text;
}
