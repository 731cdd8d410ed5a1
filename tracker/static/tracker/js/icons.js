import { gettext, interpolate, ngettext } from "./i18n.js";
import { element, symbol } from "./dom.js";
import { severityLabel, worst } from "./severity.js";

const { L } = globalThis;

const SIZE = 30;

/** A marker icon that says what it is; see roving.js for how the keyboard reaches it. */
const LabelledIcon = L.DivIcon.extend({
  createIcon(old) {
    const icon = L.DivIcon.prototype.createIcon.call(this, old);
    icon.setAttribute("role", "button");
    icon.setAttribute("aria-label", this.options.label);
    if (icon !== old) icon.tabIndex = -1;
    return icon;
  },
});

/** "Flood, Urgent, open". */
export function incidentLabel({ properties }) {
  return interpolate(gettext("%(name)s, %(severity)s, %(state)s"), {
    name: properties.name,
    severity: severityLabel(properties.severity_code),
    state: properties.closed ? gettext("closed") : gettext("open"),
  });
}

export function incidentIcon(feature) {
  const { severity_code: code, closed } = feature.properties;
  return new LabelledIcon({
    className: `incident-icon severity-${code}${closed ? " is-closed" : ""}`,
    html: symbol(`severity-${code}`),
    label: incidentLabel(feature),
    iconSize: [SIZE, SIZE],
    popupAnchor: [0, -SIZE / 2],
  });
}

/** The icon of a cluster: how many, in the shape and colour of the worst of them. */
export function clusterIcon(cluster) {
  const code = worst(cluster.getAllChildMarkers().map((marker) => marker.options.severityCode));
  const count = cluster.getChildCount();
  const text = ngettext(
    "%(count)s incident, worst %(severity)s",
    "%(count)s incidents, worst %(severity)s",
    count,
  );
  const size = count < 10 ? 38 : count < 100 ? 44 : 52;
  return new LabelledIcon({
    className: `cluster-icon severity-${code}`,
    html: element("span", {}, symbol(`severity-${code}`), element("b", {}, String(count))),
    label: interpolate(text, { count, severity: severityLabel(code) }),
    iconSize: [size, size],
  });
}
