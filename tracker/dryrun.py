"""What an area would have caught, asked while it is drawn."""

from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone
from shapely import Polygon

from tracker.models import Incident, Severity

DAYS = 30


def count(polygon: Polygon, severity: str) -> dict[str, Any]:
    """Count the incidents of the last 30 days in a polygon, of a severity and worse ones."""
    caught = Incident.objects.published().filter(
        created__gte=timezone.now() - timedelta(days=DAYS),
        severity__in=Severity(severity).and_worse,
        location__within=polygon,
    )
    rows = list(
        caught.order_by()
        .values("severity")
        .annotate(count=Count("pk"), open=Count("pk", filter=Q(closed=False)))
    )
    return {
        "days": DAYS,
        "count": sum(row["count"] for row in rows),
        "open": sum(row["open"] for row in rows),
        "by_severity": {row["severity"]: row["count"] for row in rows},
    }
