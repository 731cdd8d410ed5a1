from typing import Any

from django.db import models

from examples.common.nicks import MAX_LENGTH as NICK_LENGTH
from examples.common.presence import Presence
from examples.common.rooms import MAX_LENGTH as ROOM_LENGTH


class ChatPresence(Presence):
    """Who is in which room."""


class ChatMessage(models.Model):
    """What somebody said."""

    room = models.CharField(max_length=ROOM_LENGTH, db_index=True)
    nick = models.CharField(max_length=NICK_LENGTH)
    text = models.TextField()
    sent = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.nick}: {self.text}"

    @classmethod
    def history(cls, room: str, limit: int = 50) -> list[dict[str, Any]]:
        """Return the latest messages of a room, the oldest of them first."""
        newest = cls.objects.filter(room=room).order_by("-pk")[:limit]
        return [message.as_json() for message in reversed(newest)]

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.pk,
            "nick": self.nick,
            "message": self.text,
            "sent": self.sent.isoformat(),
        }


class Ban(models.Model):
    """A nick name that may not enter any room."""

    nick = models.CharField(max_length=NICK_LENGTH, unique=True)

    def __str__(self) -> str:
        return self.nick
