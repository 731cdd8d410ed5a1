"""Where replies go, for as long as there may be one."""

from collections import OrderedDict

Address = tuple[str, int]

# Datagrams that wait for their replies; whose reply comes later than that many others is forgotten.
LIMIT = 10_000


class Addresses:
    """The addresses behind reply channels. Never more than LIMIT, the oldest go first."""

    def __init__(self) -> None:
        self._by_channel: OrderedDict[str, Address] = OrderedDict()

    def remember(self, channel: str, address: Address) -> None:
        self._by_channel[channel] = address
        if len(self._by_channel) > LIMIT:
            self._by_channel.popitem(last=False)

    def take(self, channel: str) -> Address | None:
        """Return the address and forget it; None if it is not known."""
        return self._by_channel.pop(channel, None)
