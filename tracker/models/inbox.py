"""What each user has read of the alerts, and of which areas they do not want to hear."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tracker.models.alert import Alert, AlertQuerySet
from tracker.models.area import AreaOfInterest


class Inbox(models.Model):
    """How far a user has read; it outlives every session."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="inbox", primary_key=True
    )
    seen = models.PositiveBigIntegerField(_("last alert read"), default=0)

    def __str__(self) -> str:
        return f"Inbox of user {self.user_id}"

    @classmethod
    def of(cls, user: Any) -> "Inbox":
        """The inbox of a user, unsaved if nothing was ever read."""
        return cls.objects.filter(user=user).first() or cls(user=user)

    def unread(self) -> AlertQuerySet:
        """Alerts after the last one read, without those of muted areas."""
        muted = Silence.objects.filter(user=self.user_id, muted=True).values("area")
        # Alerts of deleted areas have none, and NOT IN would drop them with the muted.
        wanted = models.Q(area=None) | ~models.Q(area__in=muted)
        return Alert.objects.filter(wanted, pk__gt=self.seen)

    def as_json(self) -> dict[str, int]:
        return {"seen": self.seen, "unread": self.unread().count()}


class Silence(models.Model):
    """An area of which a user wants to hear nothing, or nothing at some hours.

    Quiet hours are local times of the time zone, and may pass midnight.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="silences"
    )
    area = models.ForeignKey(AreaOfInterest, on_delete=models.CASCADE, related_name="silences")
    muted = models.BooleanField(_("muted"), default=False)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    timezone = models.CharField(_("time zone"), max_length=60, default="UTC")

    class Meta:
        verbose_name = _("silence")
        verbose_name_plural = _("silences")
        ordering = ["area__name"]
        constraints = [
            models.UniqueConstraint(fields=["user", "area"], name="silence_once"),
            models.CheckConstraint(
                name="silence_both_hours",
                condition=models.Q(quiet_from=None, quiet_until=None)
                | models.Q(quiet_from__isnull=False, quiet_until__isnull=False),
                violation_error_message=_("Give both ends of the quiet hours, or neither."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.area} for user {self.user_id}"

    def as_json(self) -> dict[str, Any]:
        return {
            "area": self.area_id,
            "area_name": self.area.name,
            "muted": self.muted,
            "quiet_from": self.quiet_from and f"{self.quiet_from:%H:%M}",
            "quiet_until": self.quiet_until and f"{self.quiet_until:%H:%M}",
            "timezone": self.timezone,
        }
