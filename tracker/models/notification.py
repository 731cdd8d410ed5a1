"""The log: what has changed, for the open pages, for pages that come back, and for audits."""

import secrets
from collections.abc import Collection
from typing import Any

from django.apps import apps as installed
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tracker.position import Position


class NotificationQuerySet(models.QuerySet["Notification"]):
    def unpublished(self) -> "NotificationQuerySet":
        return self.filter(published=None)

    def after(self, sequence: int) -> "NotificationQuerySet":
        """What was published after this sequence, in order."""
        return self.filter(sequence__gt=sequence).order_by("sequence")

    def about(self, row: models.Model) -> "NotificationQuerySet":
        """The history of one row, the newest first."""
        return self.filter(subject=f"{type(row).__name__}:{row.pk}").order_by("-pk")


class Notification(models.Model):
    """One change, written in the transaction that made it.

    Attributes:
        sequence: its place in the log, given by the relay once the change is committed.
        kind: `type` of the frame that pages get.
        subject: what has changed, such as `Incident:7`.
        payload: the frame, without its position.
        permission: what a user needs to see it.
        before: properties and geometry of the subject before the change; null for a new one.
        actor: name of the user who made the change; empty for the public and the system.
        published: when it was sent to the open pages.
    """

    sequence = models.PositiveBigIntegerField(_("sequence"), null=True, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=20)
    subject = models.CharField(_("subject"), max_length=60)
    payload = models.JSONField(_("payload"), encoder=DjangoJSONEncoder)
    permission = models.CharField(_("permission"), max_length=100)
    before = models.JSONField(_("before"), null=True, encoder=DjangoJSONEncoder)
    actor = models.CharField(_("actor"), max_length=150, blank=True)
    created = models.DateTimeField(_("created"), default=timezone.now)
    published = models.DateTimeField(_("published"), null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["subject", "-id"], name="notification_of_subject"),
            models.Index(
                fields=["id"],
                name="notification_unpublished",
                condition=models.Q(published=None),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.sequence} {self.kind} {self.subject}"

    @property
    def after(self) -> dict[str, Any] | None:
        """Properties and geometry of the subject after the change, unless it is gone."""
        return None if self.kind == "post_delete" else self.payload.get("feature")

    def frame(self, epoch: str, permissions: Collection[str]) -> dict[str, Any]:
        """What a page gets whose user has these permissions."""
        content = self.payload if self.permission in permissions else {"type": "hidden"}
        position = {"epoch": epoch, "seq": self.sequence}
        if content is not self.payload:
            return {**content, **position}
        return {
            **content,
            **position,
            "at": self.created.isoformat(),
            "actor": self.actor or None,
        }


class LogHead(models.Model):
    """The one row that says how far the log is; whoever holds its lock may publish.

    Attributes:
        epoch: name of this log, new with every new database.
        sequence: the last one given.
        beat: when the pages were last told.
    """

    epoch = models.CharField(max_length=20, editable=False)
    sequence = models.PositiveBigIntegerField(default=0)
    beat = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.position)

    @property
    def position(self) -> Position:
        return Position(self.epoch, self.sequence)

    @classmethod
    def current(cls) -> "LogHead":
        """The head as it is committed; `migrate` has made it."""
        head, _created = cls.objects.get_or_create(pk=1, defaults={"epoch": cls.new_epoch()})
        return head

    @classmethod
    def create(cls, using: str, apps: Any = installed, **_signal: Any) -> None:
        """Make the head of a new database; a receiver of `post_migrate`.

        Two processes that made it at the same time could lock each other out.
        """
        try:
            heads = apps.get_model("tracker", "LogHead").objects.using(using)
        except LookupError:  # migrated back to before there was one
            return
        heads.get_or_create(pk=1, defaults={"epoch": cls.new_epoch()})

    @staticmethod
    def new_epoch() -> str:
        """A name that no log had before."""
        return secrets.token_urlsafe(9)

    @classmethod
    def claim(cls) -> "LogHead | None":
        """The head, locked until the transaction ends; None while somebody else has it.

        PostgreSQL locks the row. On SQLite the transaction itself holds the lock to write.
        """
        return cls.objects.select_for_update(skip_locked=True).filter(pk=1).first()
