"""The messages that wait to be sent."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone

from channels.asgi import DEFAULT_CHANNEL_LAYER, channel_layers
from channels.channel import Channel

# Longer than a send takes: another process would send the message again.
CLAIM_SECONDS = 60


class DelayedMessageQuerySet(models.QuerySet["DelayedMessage"]):
    """Queries for messages that wait."""

    def is_due(self) -> DelayedMessageQuerySet:
        """Returns the messages whose time has come, in the order in which they are due."""
        return self.filter(due_date__lte=timezone.now()).order_by("due_date", "pk")


class DelayedMessage(models.Model):
    """A message that waits to be sent.

    Attributes:
        due_date: when.
        channel_name: where.
        content: what, as JSON.
    """

    due_date = models.DateTimeField(db_index=True)
    channel_name = models.CharField(max_length=512)
    content = models.TextField()

    objects = DelayedMessageQuerySet.as_manager()

    class Meta:
        # The table of 1.x, so that what waits there is sent by this version.
        db_table = "channels.delay_delayedmessage"

    def __str__(self) -> str:
        return f"{self.channel_name} at {self.due_date}"

    @property
    def delay(self) -> float:
        """Milliseconds, from when this is set, until the message is due; sets `due_date`."""
        return self._delay

    @delay.setter
    def delay(self, milliseconds: float) -> None:
        self._delay = milliseconds
        self.due_date = timezone.now() + timedelta(milliseconds=milliseconds)

    def send(self, channel_layer: Any = None, requeue_delay: float = 1000) -> bool:
        """Sends the message and deletes its row.

        Any number of processes may try: the one sends that puts the row off first. Should it die
        before it has deleted the row, the message is due again after CLAIM_SECONDS.

        Arguments:
            channel_layer: instead of the default one.
            requeue_delay: milliseconds after which to try again if the channel is full.

        Returns:
            whether this call sent it.

        Raises:
            LayerUnavailable: the layer's server does not answer. The row stays.
            TypeError, MessageTooLarge: the message can never be sent. The row stays.
        """
        layer = channel_layer or channel_layers[DEFAULT_CHANNEL_LAYER]
        row = DelayedMessage.objects.using(self._state.db).filter(pk=self.pk)
        # Not in a transaction, which would keep others from the database while the layer hangs.
        claimed = timezone.now() + timedelta(seconds=CLAIM_SECONDS)
        if not row.filter(due_date=self.due_date).update(due_date=claimed):
            return False
        try:
            channel = Channel(self.channel_name, channel_layer=layer)
            channel.send(json.loads(self.content), immediately=True)
        except layer.ChannelFull:
            self.delay = requeue_delay
            row.update(due_date=self.due_date)
            return False
        except BaseException:
            row.update(due_date=self.due_date)
            raise
        row.delete()
        return True
