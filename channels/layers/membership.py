"""Who is in which group: the table that the owner of the channels keeps."""

from collections.abc import Collection

_NOBODY: dict[str, float] = {}


class Membership:
    """Groups and their channels, with the time each channel was last added.

    Times are seconds of any one clock. Not thread-safe: its owner sees to that.
    """

    def __init__(self) -> None:
        self._channels_of: dict[str, dict[str, float]] = {}
        self._groups_of: dict[str, set[str]] = {}

    def add(self, group: str, channel: str, now: float) -> None:
        """Puts the channel into the group, or renews it there."""
        self._channels_of.setdefault(group, {})[channel] = now
        self._groups_of.setdefault(channel, set()).add(group)

    def discard(self, group: str, channel: str) -> None:
        """Takes the channel out of the group; nothing happens if it is not in it."""
        channels = self._channels_of.get(group)
        if channels is None or channel not in channels:
            return
        del channels[channel]
        if not channels:
            del self._channels_of[group]
        groups = self._groups_of[channel]
        groups.discard(group)
        if not groups:
            del self._groups_of[channel]

    def forget(self, channel: str) -> None:
        """Takes a channel that is gone out of all its groups."""
        for group in tuple(self._groups_of.get(channel, ())):
            self.discard(group, channel)

    def expire(self, before: float) -> None:
        """Takes out every channel that was last added before the given time."""
        stale = [
            (group, channel)
            for group, channels in self._channels_of.items()
            for channel, added in channels.items()
            if added < before
        ]
        for group, channel in stale:
            self.discard(group, channel)

    def channels(self, group: str) -> Collection[str]:
        """Returns the channels of a group, as a live view."""
        return self._channels_of.get(group, _NOBODY).keys()

    def groups(self) -> Collection[str]:
        """Returns the groups that have members, as a live view."""
        return self._channels_of.keys()

    def members(self) -> Collection[str]:
        """Returns the channels that are in groups, as a live view."""
        return self._groups_of.keys()

    def __len__(self) -> int:
        return len(self._groups_of)
