import { gettext } from "./i18n.js";

/** Severity codes of the server, worst first. */
export const SEVERITIES = Object.freeze(["UR", "HI", "ME", "LO", "IN"]);

const LABELS = Object.freeze({
  UR: gettext("Urgent"),
  HI: gettext("High"),
  ME: gettext("Medium"),
  LO: gettext("Low"),
  IN: gettext("Info"),
});

export const URGENT = "UR";

/** 0 for the worst; an unknown code sorts last. */
export function rank(code) {
  const index = SEVERITIES.indexOf(code);
  return index < 0 ? SEVERITIES.length : index;
}

export function severityLabel(code) {
  return LABELS[code] ?? code;
}

/** The worst of some codes, or null of none. */
export function worst(codes) {
  return codes.reduce((a, b) => (a === null || rank(b) < rank(a) ? b : a), null);
}
