"""Who is there: a row for each open socket, which a crash cannot leave behind.

A socket's disconnect deletes its row. When the interface server itself dies no disconnect is
sent, but its `websocket.keepalive` messages stop, and whoever looks next sweeps the row away.
"""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from channels.message import Message
from examples.common.nicks import MAX_LENGTH as NICK_LENGTH
from examples.common.rooms import MAX_LENGTH as ROOM_LENGTH

# Keepalives that may be missed: workers can be busy.
MISSED = 3


class PresenceQuerySet(models.QuerySet["Presence"]):
    def arrive(self, message: Message, room: str, nick: str) -> None:
        """Note that the socket of a message is in a room; again, that it is still there."""
        self.update_or_create(
            channel_name=message.reply_channel.name,
            defaults={"room": room, "nick": nick, "seen": timezone.now()},
        )

    def leave(self, message: Message) -> None:
        """Note that the socket of a message is gone."""
        self.filter(channel_name=message.reply_channel.name).delete()

    def sweep(self) -> set[str]:
        """Delete the sockets that are not heard of any more; return the rooms they were in."""
        silence = timedelta(seconds=MISSED * settings.CHANNELS_KEEPALIVE_SECONDS)
        gone = self.filter(seen__lt=timezone.now() - silence)
        rooms = set(gone.values_list("room", flat=True))
        if rooms:
            gone.delete()
        return rooms

    def nicks(self, room: str) -> list[str]:
        """Return the names in a room, each once."""
        return sorted(set(self.filter(room=room).values_list("nick", flat=True)))


class Presence(models.Model):
    """An open socket in a room."""

    channel_name = models.CharField(max_length=99, unique=True)
    room = models.CharField(max_length=ROOM_LENGTH, db_index=True)
    nick = models.CharField(max_length=NICK_LENGTH)
    seen = models.DateTimeField(db_index=True)

    objects = PresenceQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.nick} in {self.room}"
