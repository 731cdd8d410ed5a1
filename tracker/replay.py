"""What a page has missed."""

from tracker.models import LogHead, Notification
from tracker.position import Position

LIMIT = 1000


class CannotReplay(Exception):
    """The page has to load everything anew.

    Attributes:
        reason: `epoch` (another log), `future` (more than there is) or `too_old` (too much was
            missed, or the log does not go back so far).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def missed(since: Position, head: LogHead, limit: int = LIMIT) -> list[Notification]:
    """All that was numbered after a position, up to the head.

    Raises:
        CannotReplay: the log does not hold all of it, or it is more than `limit`.
    """
    if head.sequence - since.seq > limit and since.epoch == head.epoch:
        raise CannotReplay("too_old")
    return following(since, head, limit)


def following(since: Position, head: LogHead, limit: int) -> list[Notification]:
    """The first `limit` of what was numbered after a position, up to the head.

    Raises:
        CannotReplay: the position is not of this log, or older than what the log still holds.
    """
    if since.epoch != head.epoch:
        raise CannotReplay("epoch")
    if since.seq > head.sequence:
        raise CannotReplay("future")
    rows = list(Notification.objects.after(since.seq).filter(sequence__lte=head.sequence)[:limit])
    # Sequences have no gaps, and only the oldest rows are ever deleted.
    if since.seq < head.sequence and (not rows or rows[0].sequence != since.seq + 1):
        raise CannotReplay("too_old")
    return rows
