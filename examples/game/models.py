from django.db import models

from channels.message import Message
from examples.common.presence import Presence, PresenceQuerySet
from examples.common.rooms import MAX_LENGTH as ROOM_LENGTH


class GamePresenceQuerySet(PresenceQuerySet):
    def is_new(self, message: Message) -> bool:
        """Note that a move is being made; return whether it has not been made before.

        A worker that dies after it has made a move, and before the message is settled, leaves the
        message to another worker. Call this in the transaction that makes the move: then both are
        kept, or neither. With the sockets' messages in order the last one is all to be remembered.
        """
        socket = self.filter(channel_name=message.reply_channel.name)
        is_next = socket.filter(made__lt=message["order"]).update(made=message["order"])
        # A socket that was swept away comes back with its next keepalive, and plays on until then.
        return bool(is_next) or not socket.exists()


class GamePresence(Presence):
    """Who is connected; `nick` is the player, `made` the order of the socket's last move."""

    made = models.PositiveBigIntegerField(default=0)

    objects = GamePresenceQuerySet.as_manager()


class Game(models.Model):
    """The state of a room, for as long as the database stands."""

    room = models.CharField(max_length=ROOM_LENGTH, unique=True)
    state = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.room
