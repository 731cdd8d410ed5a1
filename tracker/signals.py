"""What happens with every change of incidents and areas: it is logged, and alerts follow it.

The log rows are written in the transaction of the change; `tracker.relay` sends them to the open
pages after the commit. A change that is rolled back notifies nobody.
"""

from typing import Any

from django.db.models.signals import post_delete, post_save, pre_delete, pre_save
from django.dispatch import receiver

from tracker import alerts, log
from tracker.models import AreaOfInterest, Incident
from tracker.models.rows import Change, rows_changed

Row = Incident | AreaOfInterest


def send_notifications(changes: list[Change], using: str) -> None:
    """Send notifications of rows that were saved to every open page, once this is committed."""
    log.record([log.saved(change) for change in changes], using)


@receiver(pre_save, sender=Incident)
@receiver(pre_save, sender=AreaOfInterest)
def row_pre_save(instance: Row, using: str, **_signal: Any) -> None:
    """Keep what is about to be overwritten, locked so that it stays what it was."""
    rows = type(instance)._base_manager.using(using)
    instance.overwritten = (
        rows.select_for_update().filter(pk=instance.pk).first() if instance.pk else None
    )


@receiver(post_save, sender=Incident)
def incident_post_save(instance: Incident, raw: bool, using: str, **signal: Any) -> None:
    changes = [_change(instance, using, signal["update_fields"])]
    send_notifications(changes, using)
    # Fixtures are loaded in any order, so the areas may not be there yet.
    if not raw:
        alerts.follow_incidents(changes, using)


@receiver(post_save, sender=AreaOfInterest)
def area_of_interest_post_save(
    instance: AreaOfInterest, raw: bool, using: str, **signal: Any
) -> None:
    changes = [_change(instance, using, signal["update_fields"])]
    send_notifications(changes, using)
    if not raw:
        alerts.follow_areas(changes, using)


@receiver(rows_changed, sender=Incident)
def incidents_changed(changes: list[Change], using: str, **_signal: Any) -> None:
    send_notifications(changes, using)
    alerts.follow_incidents(changes, using)


@receiver(rows_changed, sender=AreaOfInterest)
def areas_of_interest_changed(changes: list[Change], using: str, **_signal: Any) -> None:
    send_notifications(changes, using)
    alerts.follow_areas(changes, using)


@receiver(pre_delete, sender=Incident)
@receiver(pre_delete, sender=AreaOfInterest)
def row_pre_delete(instance: Row, using: str, **_signal: Any) -> None:
    alerts.follow_deletion(instance, using)


@receiver(post_delete, sender=Incident)
@receiver(post_delete, sender=AreaOfInterest)
def row_post_delete(instance: Row, using: str, **_signal: Any) -> None:
    log.record([log.deleted(instance)], using)


def _change(instance: Row, using: str, update_fields: frozenset[str] | None) -> Change:
    """What a save has changed; an instance may hold more than `update_fields` let it save."""
    after = instance
    if update_fields is not None:
        after = type(instance)._base_manager.using(using).get(pk=instance.pk)
    return Change(instance.__dict__.pop("overwritten"), after)
