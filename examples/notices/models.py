from examples.common.presence import Presence


class Clients(Presence):
    """The stored channel name of every open socket."""

    class Meta:
        verbose_name_plural = "clients"
