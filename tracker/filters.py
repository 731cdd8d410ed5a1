"""The filters of incidents, areas and alerts: the same for pages, GeoJSON, exports and the API."""

from datetime import timedelta
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import BigIntegerField, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from shapely.geometry.base import BaseGeometry

from tracker.geometry.bbox import parse_bbox
from tracker.models import Alert, AreaOfInterest, Incident, Severity
from tracker.models.rows import MapQuerySet
from tracker.sorting import DEFAULT_SORT, SORTS, order


class BboxField(forms.CharField):
    """`west,south,east,north` in degrees, giving one box, or two at the antimeridian."""

    def clean(self, value: Any) -> list[BaseGeometry]:
        text = super().clean(value)
        return parse_bbox(text) if text else []


class SeveritiesField(forms.MultipleChoiceField):
    """Codes of severities, given as several parameters or with commas between them."""

    def clean(self, value: Any) -> list[str]:
        given = ",".join(value or []).split(",")
        return super().clean([code for code in given if code])


@extend_schema_field(str)
class BboxFilter(django_filters.Filter):
    field_class = BboxField

    def filter(self, rows: MapQuerySet, boxes: list[BaseGeometry]) -> MapQuerySet:
        return rows.overlapping(boxes) if boxes else rows


class SeveritiesFilter(django_filters.MultipleChoiceFilter):
    field_class = SeveritiesField

    def __init__(self) -> None:
        super().__init__(label=_("Severity"), choices=Severity.choices)


class FlagFilter(django_filters.ChoiceFilter):
    """Is switched on by 1."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=[("1", _("Yes"))], **kwargs)


@extend_schema_field(int)
class IdFilter(django_filters.NumberFilter):
    """The id of a row, as far as a column can hold it."""

    field_class = forms.IntegerField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=BigIntegerField.MAX_BIGINT, **kwargs)


class SortFilter(django_filters.ChoiceFilter):
    """Puts incidents in one of the orders that have a name."""

    def __init__(self) -> None:
        super().__init__(label=_("Sort"), choices=[(sort, sort) for sort in SORTS])

    def filter(self, rows: MapQuerySet, sort: str) -> MapQuerySet:
        return rows.order_by(*order(sort)) if sort else rows


class AreaFilter(django_filters.FilterSet):
    """Areas by severity, name and place."""

    severity = SeveritiesFilter()
    q = django_filters.CharFilter(label=_("Text"), field_name="name", lookup_expr="icontains")
    bbox = BboxFilter(label=_("Bounding box"))

    class Meta:
        model = AreaOfInterest
        fields: list[str] = []


class IncidentFilter(django_filters.FilterSet):
    """Incidents by severity, state, time, text, area and place; open ones unless asked.

    Attributes:
        severities: those that pass.
        order: one of `sorting.SORTS`.
    """

    STATES = (("open", _("Open")), ("closed", _("Closed")), ("all", _("All")))

    severity = SeveritiesFilter()
    state = django_filters.ChoiceFilter(label=_("State"), choices=STATES, method="in_state")
    closed = FlagFilter(label=_("With closed ones"), method="with_closed")
    q = django_filters.CharFilter(label=_("Text"), method="mentioning")
    hours = django_filters.NumberFilter(
        label=_("Reported in the last hours"), method="of_last_hours", min_value=0, max_value=87_600
    )
    created_after = django_filters.IsoDateTimeFilter(
        label=_("Reported after"), field_name="created", lookup_expr="gte"
    )
    created_before = django_filters.IsoDateTimeFilter(
        label=_("Reported before"), field_name="created", lookup_expr="lt"
    )
    area = django_filters.ModelChoiceFilter(
        label=_("Area"), queryset=AreaOfInterest.objects.all(), method="inside"
    )
    bbox = BboxFilter(label=_("Bounding box"))
    sort = SortFilter()

    class Meta:
        model = Incident
        fields: list[str] = []

    def filter_queryset(self, queryset: MapQuerySet) -> MapQuerySet:
        rows = super().filter_queryset(queryset)
        chosen = self.form.cleaned_data
        return rows if chosen["state"] or chosen["closed"] else rows.filter(closed=False)

    @property
    def severities(self) -> list[str]:
        return self.form.cleaned_data.get("severity") or Severity.values

    @property
    def order(self) -> str:
        return self.form.cleaned_data.get("sort") or DEFAULT_SORT

    def in_state(self, rows: MapQuerySet, name: str, state: str) -> MapQuerySet:
        return rows if state == "all" else rows.filter(closed=state == "closed")

    def with_closed(self, rows: MapQuerySet, name: str, value: str) -> MapQuerySet:
        return rows

    def mentioning(self, rows: MapQuerySet, name: str, text: str) -> MapQuerySet:
        return rows.filter(Q(name__icontains=text) | Q(description__icontains=text))

    def of_last_hours(self, rows: MapQuerySet, name: str, hours: Any) -> MapQuerySet:
        return rows.filter(created__gte=timezone.now() - timedelta(hours=float(hours)))

    @extend_schema_field(int)
    def inside(self, rows: MapQuerySet, name: str, area: AreaOfInterest) -> MapQuerySet:
        return rows.filter(location__within=area.polygon)


class AlertFilter(django_filters.FilterSet):
    """Alerts by state, severity, place and person."""

    STATES = [("active", _("Active")), *Alert.State.choices]

    state = django_filters.ChoiceFilter(label=_("State"), choices=STATES, method="in_state")
    severity = SeveritiesFilter()
    area = IdFilter(field_name="area_id")
    incident = IdFilter(field_name="incident_id")
    after = IdFilter(label=_("Raised after alert"), lookup_expr="gt", field_name="pk")
    mine = FlagFilter(label=_("Assigned to me"), method="of_user")

    class Meta:
        model = Alert
        fields: list[str] = []

    def in_state(self, alerts: Any, name: str, state: str) -> Any:
        return alerts.in_state(state)

    def of_user(self, alerts: Any, name: str, value: str) -> Any:
        return alerts.filter(assigned_to=self.request.user)


def filtered(filter_class: type[django_filters.FilterSet], request: Any, rows: Any) -> Any:
    """The rows that the query string asks for.

    Raises:
        ValidationError: the query string makes no sense; the messages are by parameter.
    """
    chosen = filter_class(request.GET, queryset=rows, request=request)
    if not chosen.is_valid():
        raise ValidationError(
            {
                name: [message for error in errors.as_data() for message in error.messages]
                for name, errors in chosen.form.errors.items()
            }
        )
    return chosen.qs
