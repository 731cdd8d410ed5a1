"""What a page has missed."""

from tracker.models import LogHead, Notification
from tracker.position import Position

LIMIT = 1000


class CannotReplay(Exception):
    """The page has to load everything anew.

    Attributes:
        reason: `epoch` (another log), `future` (more than there is) or `too_old`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def missed(since: Position, head: LogHead, limit: int = LIMIT) -> list[Notification]:
    """What was numbered after a position, up to the head.

    Raises:
        CannotReplay: the position is not of this log, or more than `limit` were missed.
    """
    check(since, head)
    if head.sequence - since.seq > limit:
        raise CannotReplay("too_old")
    return list(Notification.objects.after(since.seq).filter(sequence__lte=head.sequence))


def check(since: Position, head: LogHead) -> None:
    """Raise CannotReplay unless the position lies in this log."""
    if since.epoch != head.epoch:
        raise CannotReplay("epoch")
    if since.seq > head.sequence:
        raise CannotReplay("future")
