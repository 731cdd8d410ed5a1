"""What incidents and areas share: rows on a map whose every change is told.

`save` and `delete` send Django's signals. Changes of whole querysets do not, so they send
`rows_changed`; either way the receivers run in the transaction of the change.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import NotSupportedError, models, router, transaction
from django.dispatch import Signal
from django.utils import timezone
from shapely.geometry.base import BaseGeometry

from tracker.models.severity import severity_rank

# Sent with `sender` the model, `changes` a list of Change and `using` the database's alias.
rows_changed = Signal()


class Change(NamedTuple):
    """One row before and after a change; None where it did not exist."""

    before: Any
    after: Any


class MapQuerySet(models.QuerySet[Any]):
    """Rows that can be shown on a map."""

    geometry_field: str

    def overlapping(self, boxes: list[BaseGeometry]) -> "MapQuerySet":
        """Those whose bounding box shares a point with one of the boxes."""
        matches = [models.Q(**{f"{self.geometry_field}__bboverlaps": box}) for box in boxes]
        return self.filter(models.Q(*matches, _connector=models.Q.OR))

    def worst_first(self) -> "MapQuerySet":
        """By severity, then the newest first."""
        return self.order_by(severity_rank(), "-pk")

    def bulk_create(
        self,
        objs: Iterable[Any],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        **options: Any,
    ) -> list[Any]:
        """As Django's, and tells of every new row.

        Raises:
            NotSupportedError: conflicts are to be ignored or updated, which leaves unknown what
                has changed.
        """
        if ignore_conflicts or update_conflicts:
            raise NotSupportedError(
                "A bulk_create that settles conflicts does not say which rows changed, so nobody "
                "could be told. Create new rows with bulk_create and change old ones with update."
            )
        self._for_write = True
        with transaction.atomic(using=self.db):
            rows = super().bulk_create(objs, batch_size, **options)
            self._tell([Change(None, row) for row in rows])
        return rows

    def update(self, **values: Any) -> int:
        """As Django's, and tells of every row."""
        self._for_write = True
        with transaction.atomic(using=self.db):
            before = {row.pk: row for row in self.select_for_update()}
            chosen = self.filter(pk__in=list(before))
            # Not self.filter().update(): that would come back here.
            count = super(MapQuerySet, chosen).update(**{**self._stamps(), **values})
            after = self.model._base_manager.using(self.db).in_bulk(list(before))
            self._tell([Change(row, after[pk]) for pk, row in before.items()])
        return count

    def _stamps(self) -> dict[str, Any]:
        """What `save` would set by itself."""
        fields = self.model._meta.concrete_fields
        return {field.name: timezone.now() for field in fields if getattr(field, "auto_now", False)}

    def _tell(self, changes: list[Change]) -> None:
        rows_changed.send(self.model, changes=changes, using=self.db)


class MapRow(models.Model):
    """A row whose change and whose notifications are one transaction."""

    class Meta:
        abstract = True

    def save(self, *args: Any, using: str | None = None, **options: Any) -> None:
        using = using or router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=using):
            super().save(*args, using=using, **options)
