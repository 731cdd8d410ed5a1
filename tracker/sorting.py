"""The orders in which incidents are listed, and the columns of a list that offer them."""

from typing import NamedTuple

from django.db.models import F
from django.db.models.expressions import OrderBy
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from tracker.models.severity import severity_rank

# Each the way it is mostly wanted; a minus before its name turns it round.
ORDERS = {
    "severity": severity_rank().asc(),
    "newest": F("created").desc(),
    "updated": F("updated").desc(),
    "name": Lower("name").asc(),
    "state": F("closed").asc(),
}
SORTS = [*ORDERS, *(f"-{name}" for name in ORDERS)]
DEFAULT_SORT = "newest"

ASCENDING, DESCENDING = "ascending", "descending"
# Orders that a list has a column for, with what is in it and the direction of aria-sort.
COLUMNS = {
    "name": (_("Name"), ASCENDING),
    "severity": (_("Severity"), DESCENDING),
    "state": (_("State"), ASCENDING),
    "newest": (_("Reported"), DESCENDING),
}


class Column(NamedTuple):
    """The head of a column of a list.

    Fields:
        label: what is in it.
        sort: the order to ask for when it is pressed: its own, or that turned round.
        direction: for aria-sort; empty unless the list is sorted by it.
    """

    label: str
    sort: str
    direction: str


def order(sort: str) -> list[OrderBy | str]:
    """What `order_by` takes for one of SORTS; of equal incidents the newest comes first."""
    first = ORDERS[sort.removeprefix("-")].copy()
    if sort.startswith("-"):
        first.reverse_ordering()
    return [first, "-created", "-pk"]


def columns(sort: str) -> list[Column]:
    """The columns of a list that is sorted so."""
    return [_column(name, label, direction, sort) for name, (label, direction) in COLUMNS.items()]


def _column(name: str, label: str, direction: str, sort: str) -> Column:
    if sort == name:
        return Column(label, f"-{name}", direction)
    if sort == f"-{name}":
        return Column(label, name, DESCENDING if direction == ASCENDING else ASCENDING)
    return Column(label, name, "")
