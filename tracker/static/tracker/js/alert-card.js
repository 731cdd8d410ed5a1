import { gettext, interpolate, ngettext } from "./i18n.js";
import { stateText, whyText } from "./alert-text.js";
import { areaLinks } from "./cards.js";
import { button, element, severityBadge } from "./dom.js";
import { timeElement } from "./time.js";

/**
 * An alert as a card. Its buttons carry what they are for as data: `data-show` (an incident's id),
 * `data-acknowledge` (alerts' numbers), `data-dismiss`.
 *
 * @param {object[]} alerts of one incident, one for each area
 * @param {{mayAcknowledge: boolean, isToast: boolean}} options
 */
export function alertCard(alerts, { mayAcknowledge, isToast }) {
  const [first] = alerts;
  const open = alerts.filter(({ state }) => state === "open").map(({ id }) => id);
  return element(
    "article",
    { class: `alert severity-${first.severity_code} is-${first.state}` },
    element("p", { class: "alert-status" }, severityBadge(first.severity_code), status(first)),
    element("h2", {}, first.incident.name),
    element("p", { class: "alert-where" }, `${gettext("In")} `, areaLinks(areasOf(alerts))),
    isToast ? null : element("p", { class: "alert-why" }, whyText(first)),
    element(
      "p",
      { class: "alert-actions" },
      first.incident.id
        ? button(gettext("Show on map"), { "data-show": first.incident.id, class: "button" })
        : null,
      mayAcknowledge && open.length
        ? button(gettext("Acknowledge"), { "data-acknowledge": open.join(), class: "button" })
        : null,
      isToast
        ? button(gettext("Dismiss"), { "data-dismiss": true, class: "button quiet" })
        : element("a", { href: first.url, class: "button quiet" }, gettext("Details")),
    ),
  );
}

/** Many alerts as one card: how many, where, and the newest of them. */
export function summaryCard(count, alerts) {
  const text = ngettext("%(count)s alert in %(areas)s", "%(count)s alerts in %(areas)s", count);
  const areas = areasOf(alerts).map(({ name }) => name);
  const newest = alerts.at(-1);
  return element(
    "article",
    { class: `alert severity-${newest.severity_code}` },
    element("h2", {}, interpolate(text, { count, areas: areas.join(", ") })),
    element(
      "p",
      { class: "alert-where" },
      interpolate(gettext("The latest: %(name)s"), { name: newest.incident.name }),
    ),
    element(
      "p",
      { class: "alert-actions" },
      button(gettext("Show all"), { "data-show-inbox": true, class: "button" }),
      button(gettext("Dismiss"), { "data-dismiss": true, class: "button quiet" }),
    ),
  );
}

function status(alert) {
  return element(
    "span",
    { class: "alert-state" },
    stateText(alert),
    " · ",
    timeElement(alert.raised),
  );
}

function areasOf(alerts) {
  return [...new Map(alerts.map(({ area }) => [area.name, area])).values()];
}
