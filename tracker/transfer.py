"""Incidents and areas on their way in and out: GeoJSON FeatureCollections, and CSV."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext as _

from tracker import jsontext
from tracker.models import AreaOfInterest, Incident, Severity
from tracker.models.rows import MapRow

MAX_BYTES = 5_000_000
MAX_FEATURES = 5000
MAX_ERRORS = 20
CHUNK = 500
# PostgreSQL cannot store them; forms check this by themselves, models do not.
NO_NULLS = ProhibitNullCharactersValidator.message

GEOMETRY = {Incident: "location", AreaOfInterest: "polygon"}
# What of a feature's properties is read; the rest is ignored.
PROPERTIES = {
    Incident: ("name", "description", "severity", "closed"),
    AreaOfInterest: ("name", "severity"),
}
CSV_COLUMNS: dict[type[MapRow], dict[str, Callable[[Any], Any]]] = {
    Incident: {
        "id": lambda row: row.pk,
        "name": lambda row: row.name,
        "description": lambda row: row.description,
        "severity": lambda row: row.severity,
        "closed": lambda row: row.closed,
        "longitude": lambda row: row.location.x,
        "latitude": lambda row: row.location.y,
        "created": lambda row: row.created.isoformat(),
        "updated": lambda row: row.updated.isoformat(),
    },
    AreaOfInterest: {
        "id": lambda row: row.pk,
        "name": lambda row: row.name,
        "severity": lambda row: row.severity,
        "polygon": lambda row: row.polygon.wkt,
    },
}


class TooMuch(ValidationError):
    """More than can be taken in at once."""


def parse(body: bytes) -> Any:
    """Read JSON.

    Raises:
        TooMuch: it is over the limit.
        ValidationError: `jsontext` cannot read it.
    """
    if len(body) > MAX_BYTES:
        raise TooMuch(
            _("At most %(limit)s MB can be read at once.") % {"limit": MAX_BYTES // 10**6}
        )
    try:
        return jsontext.read(body)
    except ValueError as error:
        raise ValidationError(
            _("This is not JSON: %(reason)s.") % {"reason": f"{error!s:.80}"}
        ) from error


def read_rows(model: type[MapRow], document: Any) -> list[Any]:
    """Make rows of a FeatureCollection (RFC 7946, section 3.3), unsaved.

    Raises:
        TooMuch: there are too many features.
        ValidationError: something in it is not right; the errors are by place, such as
            `features[3].geometry`, the first twenty of them.
    """
    rows, errors = [], {}
    for number, feature in enumerate(_features(document)):
        if len(errors) >= MAX_ERRORS:
            break
        try:
            rows.append(_row(model, feature))
        except ValidationError as error:
            for field, messages in error.message_dict.items():
                errors[f"features[{number}]{_place(model, field)}"] = messages
    if errors:
        raise ValidationError(errors)
    return rows


def write_geojson(rows: Iterable[MapRow]) -> Iterator[str]:
    """A FeatureCollection, piece by piece."""
    yield '{"type": "FeatureCollection", "features": ['
    separator = "\n"
    for row in rows:
        yield separator + json.dumps(row.geojson_feature)
        separator = ",\n"
    yield "\n]}\n"


def write_csv(model: type[MapRow], rows: Iterable[MapRow]) -> Iterator[str]:
    """A table with a head, line by line (RFC 4180)."""
    columns = CSV_COLUMNS[model]
    writer = csv.writer(_Lines())
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow([_harmless(value(row)) for value in columns.values()])


class _Lines:
    """A file whose `write` gives back what is written, as `writerow` then does."""

    def write(self, line: str) -> str:
        return line


def _harmless(value: Any) -> Any:
    """A spreadsheet would run a text that begins like this as a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else value


def _features(document: Any) -> list[Any]:
    found = document.get("type") if isinstance(document, dict) else type(document).__name__
    features = document.get("features") if found == "FeatureCollection" else None
    if not isinstance(features, list):
        raise ValidationError(
            _("Expected a GeoJSON FeatureCollection with its features, not %(found)s.")
            % {"found": f"{found!s:.40}"}
        )
    if len(features) > MAX_FEATURES:
        raise TooMuch(
            _("%(count)s features are too many: send at most %(limit)s at once.")
            % {"count": len(features), "limit": MAX_FEATURES}
        )
    return features


def _row(model: type[MapRow], feature: Any) -> MapRow:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise ValidationError({NON_FIELD_ERRORS: [_("This is no GeoJSON Feature.")]})
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        raise ValidationError({NON_FIELD_ERRORS: [_("The feature has no properties.")]})
    values = {name: properties[name] for name in PROPERTIES[model] if name in properties}
    if "severity_code" in properties:
        values["severity"] = properties["severity_code"]
    unfit = {name: [NO_NULLS] for name, value in values.items() if "\0" in str(value)}
    if unfit:
        raise ValidationError(unfit)
    values["severity"] = _severity(values.get("severity", Severity.MEDIUM))
    row = model(**values, **{GEOMETRY[model]: feature.get("geometry")})
    row.full_clean()
    return row


def _severity(value: Any) -> Any:
    """A severity may be given by its code or, as in features, by its name."""
    return (
        {severity.english: severity.value for severity in Severity}.get(value, value)
        if isinstance(value, str)
        else str(value)
    )


def _place(model: type[MapRow], field: str) -> str:
    if field == NON_FIELD_ERRORS:
        return ""
    return ".geometry" if field == GEOMETRY[model] else f".properties.{field}"
