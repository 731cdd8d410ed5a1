from django.db import models

from examples.common.presence import Presence
from examples.common.rooms import MAX_LENGTH as ROOM_LENGTH


class GamePresence(Presence):
    """Who is connected; `nick` is the player."""


class Game(models.Model):
    """The state of a room, for as long as the database stands."""

    room = models.CharField(max_length=ROOM_LENGTH, unique=True)
    state = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.room
