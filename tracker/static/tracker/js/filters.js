import { covers } from "./geometry.js";
import { SEVERITIES, rank } from "./severity.js";

/** Which incidents the page shows, and in which order. It lives in the address. */
export const DEFAULT_FILTERS = Object.freeze({
  severities: SEVERITIES,
  state: "open", // or "closed", "all"
  text: "",
  hours: null, // created within so many hours
  area: null, // number of an area that holds the incident
  sort: "severity",
});

const collator = new Intl.Collator();
const STATES = ["open", "closed", "all"];
const newest = (property) => (a, b) =>
  Date.parse(b.properties[property]) - Date.parse(a.properties[property]);
/** Each the way it is mostly wanted; a minus before its name turns it round. */
const SORTS = {
  severity: (a, b) => rank(a.properties.severity_code) - rank(b.properties.severity_code),
  newest: newest("created"),
  updated: newest("updated"),
  name: (a, b) => collator.compare(a.properties.name, b.properties.name),
  state: (a, b) => a.properties.closed - b.properties.closed,
};

/** Read filters from a query string. What is not understood is left at its default. */
export function parseFilters(search) {
  const query = new URLSearchParams(search);
  const severities = (query.get("severity") ?? "")
    .split(",")
    .filter((code) => SEVERITIES.includes(code));
  const hours = Number(query.get("hours"));
  const [state, sort] = [query.get("state"), query.get("sort")];
  return {
    severities: severities.length ? severities : DEFAULT_FILTERS.severities,
    state: STATES.includes(state) ? state : DEFAULT_FILTERS.state,
    text: query.get("q") ?? "",
    hours: hours > 0 ? hours : null,
    area: query.get("area") || null,
    sort: Object.hasOwn(SORTS, sortName(sort ?? "")) ? sort : DEFAULT_FILTERS.sort,
  };
}

/** The query string of filters, without what is at its default: "" or "?severity=UR&q=flood". */
export function formatFilters(filters) {
  const query = new URLSearchParams();
  if (filters.severities.length < SEVERITIES.length)
    query.set("severity", filters.severities.join(","));
  if (filters.state !== DEFAULT_FILTERS.state) query.set("state", filters.state);
  if (filters.text) query.set("q", filters.text);
  if (filters.hours) query.set("hours", filters.hours);
  if (filters.area) query.set("area", filters.area);
  if (filters.sort !== DEFAULT_FILTERS.sort) query.set("sort", filters.sort);
  return query.size ? `?${query}` : "";
}

/** Whether filters leave out anything that would be shown by default. */
export function isNarrowed(filters) {
  return formatFilters({ ...filters, sort: DEFAULT_FILTERS.sort }) !== "";
}

/**
 * A predicate over incident features.
 *
 * @param {object} filters
 * @param {Map<string, object>} areas area features by id
 * @param {number} now milliseconds since the epoch
 */
export function incidentFilter(filters, areas, now) {
  const text = filters.text.trim().toLocaleLowerCase();
  const oldest = filters.hours ? now - filters.hours * 3600e3 : -Infinity;
  const area = areas.get(`AreaOfInterest:${filters.area}`);
  const isInArea = ({ coordinates }) =>
    area !== undefined && covers(area.geometry.coordinates, coordinates);
  return ({ properties, geometry }) =>
    filters.severities.includes(properties.severity_code) &&
    (filters.state === "all" || properties.closed === (filters.state === "closed")) &&
    Date.parse(properties.created) >= oldest &&
    (!text || `${properties.name} ${properties.description}`.toLocaleLowerCase().includes(text)) &&
    (!filters.area || isInArea(geometry));
}

/** A comparison of incident features; of equal ones the newest comes first. */
export function incidentOrder({ sort }) {
  const compare = SORTS[sortName(sort)];
  const sign = isReversed(sort) ? -1 : 1;
  return (a, b) =>
    sign * compare(a, b) || SORTS.newest(a, b) || b.properties.pk - a.properties.pk;
}

/** The order that `sort` names, turned round or not. */
export function sortName(sort) {
  return isReversed(sort) ? sort.slice(1) : sort;
}

export function isReversed(sort) {
  return sort.startsWith("-");
}
