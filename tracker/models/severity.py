"""How bad an incident is, and from where on an area is watched."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Severity(models.TextChoices):
    """How bad an incident is, the worst first."""

    URGENT = "UR", _("Urgent")
    HIGH = "HI", _("High")
    MEDIUM = "ME", _("Medium")
    LOW = "LO", _("Low")
    INFO = "IN", _("Info")

    @property
    def rank(self) -> int:
        """0 for the worst, growing as it gets better."""
        return list(Severity).index(self)

    @property
    def and_lower(self) -> list["Severity"]:
        """This severity and those below it."""
        return list(Severity)[self.rank :]

    @property
    def and_worse(self) -> list["Severity"]:
        """This severity and those above it."""
        return list(Severity)[: self.rank + 1]

    @property
    def english(self) -> str:
        """The label for features: one feature goes to the pages of all languages."""
        return self.name.capitalize()


def known_severity(name: str) -> models.CheckConstraint:
    """Keep severities that no alert rule knows out of the table, whoever writes to it."""
    return models.CheckConstraint(name=name, condition=models.Q(severity__in=Severity.values))


def severity_rank(field: str = "severity") -> models.Case:
    """An expression to sort by, the worst severity first."""
    return models.Case(
        *[models.When(**{field: severity}, then=severity.rank) for severity in Severity]
    )
