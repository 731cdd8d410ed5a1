"""Which reports were taken in: for a report that is sent twice, and for one who sends too many."""

from django.db import models
from django.utils import timezone

from tracker.models.incident import Incident


class Receipt(models.Model):
    """One report that was taken in.

    Attributes:
        key: what the sender named it; the same key again is the same report.
        content: a hash of what was reported.
        sender: a hash of who sent it.
    """

    key = models.CharField(max_length=100, unique=True)
    content = models.CharField(max_length=64)
    sender = models.CharField(max_length=64)
    incident = models.ForeignKey(Incident, null=True, on_delete=models.SET_NULL)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["sender", "-created"], name="receipt_of_sender")]

    def __str__(self) -> str:
        return self.key
