"""What the log is told of a server that does not do its work."""

from __future__ import annotations

import logging

from asgi_redis.errors import trouble
from channels.layers.exceptions import LayerUnavailable

logger = logging.getLogger(__name__)


class Outage:
    """Tells each thing that is wrong once, however often it is met, until all is well again.

    Arguments:
        subject: what does not work because of it; begins the line in the log.
    """

    def __init__(self, subject: str) -> None:
        self._subject = subject
        self._told: set[str] = set()

    def meet(self, error: LayerUnavailable) -> None:
        """Notes a failure."""
        what = trouble(error)
        if what not in self._told:
            self._told.add(what)
            logger.warning("%s, will keep trying: %s", self._subject, error)

    def end(self) -> None:
        """Notes that the server does its work."""
        if self._told:
            self._told.clear()
            logger.warning("%s: that is over.", self._subject)
