import { gettext, interpolate } from "./i18n.js";
import { severityLabel } from "./severity.js";

const REASONS = Object.freeze({
  reported: gettext("The incident was reported in the area."),
  moved: gettext("The incident moved into the area."),
  escalated: gettext("The incident became as bad as the area watches for."),
  reopened: gettext("The incident was reopened."),
  area_drawn: gettext("The area was drawn over the incident."),
  area_widened: gettext("The area was widened over the incident."),
  area_lowered: gettext("The area began to watch for this severity."),
});

/** Why an alert was raised: what happened, and the rule that it met. */
export function whyText({ reason, why }) {
  const rule = interpolate(gettext("The area watches for %(watched)s and worse."), {
    watched: severityLabel(why.watched_code),
  });
  return `${REASONS[reason] ?? reason} ${rule}`;
}

/** "Not acknowledged", or who takes care of it. */
export function stateText({ state, acknowledged_by: by, assigned_to: assignee }) {
  if (state === "resolved") return gettext("Resolved");
  if (assignee) return interpolate(gettext("With %(user)s"), { user: assignee.username });
  if (state === "acknowledged")
    return interpolate(gettext("Acknowledged by %(user)s"), { user: by ?? "?" });
  return gettext("Not acknowledged");
}
