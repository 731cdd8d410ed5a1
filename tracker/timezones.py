"""Time zones by their names, such as Europe/Madrid."""

import zoneinfo
from functools import cache


@cache
def names() -> frozenset[str]:
    """All that this machine knows, looked for once: that takes as long as answering a request."""
    return frozenset(zoneinfo.available_timezones())
