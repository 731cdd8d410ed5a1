"""How long the log is kept."""

from datetime import timedelta
from itertools import takewhile

from django.conf import settings
from django.utils import timezone

from tracker.models import Notification

# What is deleted at once, so that nobody waits for it.
BATCH = 500


def trim() -> int:
    """Delete the oldest notifications if they are older than TRACKER_LOG_DAYS; return how many.

    Without gaps: one that is kept keeps all that were published after it.
    """
    if not settings.TRACKER_LOG_DAYS:
        return 0
    oldest_kept = timezone.now() - timedelta(days=settings.TRACKER_LOG_DAYS)
    published = Notification.objects.exclude(published=None).order_by("sequence")
    oldest = published.values_list("pk", "created")[:BATCH]
    stale = [pk for pk, _ in takewhile(lambda row: row[1] < oldest_kept, oldest)]
    return Notification.objects.filter(pk__in=stale).delete()[0] if stale else 0
