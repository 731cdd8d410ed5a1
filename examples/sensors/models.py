from typing import Any

from django.db import models
from django.db.models import F

from tracker.models import Incident


class Reading(models.Model):
    """What a sensor said. A sensor numbers its readings, so that it may say one again."""

    sensor = models.CharField(max_length=40)
    number = models.PositiveIntegerField()
    value = models.FloatField()
    incident = models.ForeignKey(Incident, on_delete=models.SET_NULL, null=True)
    received = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sensor", "number"], name="reading_once")]

    def __str__(self) -> str:
        return f"{self.sensor}: {self.value:g}"

    def as_json(self) -> dict[str, Any]:
        return {
            "sensor": self.sensor,
            "number": self.number,
            "value": self.value,
            "received": self.received.isoformat(),
            "incident": self.incident and self.incident.get_absolute_url(),
        }


class Tally(models.Model):
    """How many datagrams came to what."""

    outcome = models.CharField(max_length=20, unique=True)
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "tallies"

    def __str__(self) -> str:
        return f"{self.outcome}: {self.count}"

    @classmethod
    def add(cls, outcome: str, count: int = 1) -> None:
        cls.objects.get_or_create(outcome=outcome)
        cls.objects.filter(outcome=outcome).update(count=F("count") + count)

    @classmethod
    def counts(cls) -> dict[str, int]:
        return dict(cls.objects.values_list("outcome", "count"))
