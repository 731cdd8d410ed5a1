"""The life of alerts: raised and resolved by rules, acknowledged and assigned by people.

Every function writes in the transaction it is called in, and what it does to the log.
"""

from collections import defaultdict
from datetime import timedelta
from typing import Any

import shapely
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tracker import log, matching
from tracker.models import Alert, AlertComment, AreaOfInterest, Incident
from tracker.models.rows import Change

BURST_GAP = timedelta(minutes=5)


class AlertConflict(Exception):
    """What somebody wants to do with an alert does not fit its state.

    Attributes:
        code: `alert_resolved` or `already_acknowledged`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def follow_incidents(changes: list[Change], using: str) -> None:
    """Raise and resolve the alerts of incidents that were saved."""
    changed = {change.after.pk: change for change in changes if _matters(change, "location")}
    if not changed:
        return
    matching.keep_apart(Incident, using)
    pairs = matching.areas_of([change.after for change in changed.values()], using)
    active = _active(using).filter(incident__in=list(changed))
    _follow_severity(active, changed, using)
    _settle(active, pairs, using)

    def reason(incident: Incident, area: AreaOfInterest) -> str:
        return _reason_of_incident(changed[incident.pk], area)

    _raise(pairs, reason, changed, using)


def follow_areas(changes: list[Change], using: str) -> None:
    """Raise and resolve the alerts of areas that were saved."""
    changed = {change.after.pk: change for change in changes if _matters(change, "polygon")}
    if not changed:
        return
    matching.keep_apart(AreaOfInterest, using)
    pairs = matching.incidents_of([change.after for change in changed.values()], using)
    active = _active(using).filter(area__in=list(changed))
    _settle(active, pairs, using, Alert.Resolution.AREA_CHANGED)

    def reason(incident: Incident, area: AreaOfInterest) -> str:
        return _reason_of_area(changed[area.pk], incident)

    _raise(pairs, reason, {}, using)


def follow_deletion(row: Incident | AreaOfInterest, using: str) -> None:
    """Resolve the alerts of a row that is about to be deleted."""
    if isinstance(row, Incident):
        _settle(_active(using).filter(incident=row), [], using, Alert.Resolution.DELETED)
    else:
        _settle(_active(using).filter(area=row), [], using, Alert.Resolution.AREA_DELETED)


def acknowledge(alert: Alert, user: Any) -> Alert:
    """Note that a user takes care of the alert.

    Raises:
        AlertConflict: it is resolved, or somebody has acknowledged it before.
    """
    with transaction.atomic(using=alert._state.db):
        alert = _locked_active(alert)
        if alert.acknowledged:
            raise AlertConflict(
                "already_acknowledged",
                _("%(user)s has already acknowledged this alert.")
                % {"user": alert.acknowledged_by},
            )
        alert.acknowledged, alert.acknowledged_by = timezone.now(), user
        return _save(alert)


def assign(alert: Alert, assignee: Any | None) -> Alert:
    """Give the alert to a user, or to nobody.

    Raises:
        AlertConflict: it is resolved.
    """
    with transaction.atomic(using=alert._state.db):
        alert = _locked_active(alert)
        alert.assigned_to = assignee
        return _save(alert)


def comment(alert: Alert, author: Any, text: str) -> AlertComment:
    """Add a comment, to a resolved alert as well."""
    with transaction.atomic(using=alert._state.db):
        written = AlertComment.objects.create(alert=alert, author=author, text=text)
        _tell(_stored(alert))
    return written


def _matters(change: Change, geometry: str) -> bool:
    """Whether alerts may follow the change."""
    fields = {"severity", "closed", "pending", geometry}
    return change.before is None or any(
        getattr(change.before, field, None) != getattr(change.after, field, None)
        for field in fields
    )


def _active(using: str) -> Any:
    return Alert.objects.using(using).active().select_related("incident", "area")


def _follow_severity(active: Any, changed: dict[int, Change], using: str) -> None:
    """An incident that gets worse, or less bad, does not end the episode."""
    for alert in active:
        incident = changed[alert.incident_id].after
        still_watched = incident.severity in alert.area.watched_severities
        if still_watched and incident.is_watched_for and alert.severity != incident.severity:
            alert.severity = incident.severity
            alert.save(using=using, update_fields=["severity"])
            _tell(alert)


def _settle(
    active: Any, pairs: list[matching.Pair], using: str, resolution: str | None = None
) -> None:
    """Resolve the active alerts whose incident and area are not among the pairs any more."""
    wanted = {(incident.pk, area.pk) for incident, area in pairs}
    for alert in active:
        if (alert.incident_id, alert.area_id) not in wanted:
            alert.resolved = timezone.now()
            alert.resolution = resolution or _resolution_of(alert)
            alert.save(using=using, update_fields=["resolved", "resolution"])
            _tell(alert)


def _raise(
    pairs: list[matching.Pair], reason_of: Any, before: dict[int, Change], using: str
) -> None:
    """Raise an alert for each pair that has none."""
    known = set(
        _active(using)
        .filter(incident__in={incident.pk for incident, _area in pairs})
        .values_list("incident_id", "area_id")
    )
    raised: dict[Incident, list[Alert]] = defaultdict(list)
    bursts: dict[int, Alert | None] = {}
    for incident, area in pairs:
        if (incident.pk, area.pk) not in known:
            alert = _new_alert(incident, area, reason_of(incident, area), before, using)
            _join_burst(alert, bursts, using)
            raised[incident].append(alert)
    log.record([log.alert_raised(*item) for item in raised.items()], using)


def _new_alert(
    incident: Incident, area: AreaOfInterest, reason: str, before: dict[int, Change], using: str
) -> Alert:
    old = before[incident.pk].before if incident.pk in before else None
    has_moved = old is not None and old.location != incident.location
    return Alert.objects.using(using).create(
        incident=incident,
        area=area,
        incident_name=incident.name,
        area_name=area.name,
        severity=incident.severity,
        reason=reason,
        why={
            "severity_code": incident.severity,
            "watched_code": area.severity,
            "severity_before": old and old.severity,
            "from": [old.location.x, old.location.y] if has_moved else None,
            "at": [incident.location.x, incident.location.y],
        },
    )


def _join_burst(alert: Alert, latest: dict[int, Alert | None], using: str) -> None:
    """Count the alert to the burst of its area, or begin one.

    Arguments:
        latest: the last alert of each area that was met; is kept up to date.
    """
    if alert.area_id not in latest:
        earlier = Alert.objects.using(using).filter(area=alert.area_id, pk__lt=alert.pk)
        latest[alert.area_id] = earlier.first()
    last = latest[alert.area_id]
    if last is not None and alert.raised - last.raised <= BURST_GAP:
        alert.burst, alert.burst_size = last.burst, last.burst_size + 1
    else:
        alert.burst = alert.pk
    alert.save(using=using, update_fields=["burst", "burst_size"])
    latest[alert.area_id] = alert


def _reason_of_incident(change: Change, area: AreaOfInterest) -> str:
    before = change.before
    if before is None or before.pending:
        return Alert.Reason.REPORTED
    if before.closed:
        return Alert.Reason.REOPENED
    if not shapely.covers(area.polygon, before.location):
        return Alert.Reason.MOVED
    return Alert.Reason.ESCALATED


def _reason_of_area(change: Change, incident: Incident) -> str:
    if change.before is None:
        return Alert.Reason.AREA_DRAWN
    if not shapely.covers(change.before.polygon, incident.location):
        return Alert.Reason.AREA_WIDENED
    return Alert.Reason.AREA_LOWERED


def _resolution_of(alert: Alert) -> str:
    if not alert.incident.is_watched_for:
        return Alert.Resolution.CLOSED
    if not shapely.covers(alert.area.polygon, alert.incident.location):
        return Alert.Resolution.LEFT
    return Alert.Resolution.EASED


def _locked_active(alert: Alert) -> Alert:
    """The alert as it is now, which nobody else changes until the transaction ends."""
    locked = Alert.objects.using(alert._state.db).select_for_update().get(pk=alert.pk)
    if locked.resolved:
        raise AlertConflict(
            "alert_resolved",
            _("This alert is resolved: %(why)s") % {"why": locked.get_resolution_display()},
        )
    return locked


def _stored(alert: Alert) -> Alert:
    return Alert.objects.using(alert._state.db).with_people().get(pk=alert.pk)


def _save(alert: Alert) -> Alert:
    alert.save()
    alert = _stored(alert)
    _tell(alert)
    return alert


def _tell(alert: Alert) -> None:
    log.record([log.alert_saved(alert)], alert._state.db)
