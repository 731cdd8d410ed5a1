"""Form fields: a point is typed as two numbers, a polygon as GeoJSON.

Both work without JavaScript; the page's modules find them by their data attributes.
"""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from shapely import Point
from shapely.geometry.base import BaseGeometry

from tracker.geometry.shapes import check, from_geojson, to_geojson


class PointInput(forms.MultiWidget):
    """Two number inputs, `<name>_latitude` and `<name>_longitude`."""

    template_name = "tracker/widgets/point.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        latitude = {"step": "any", "min": -90, "max": 90, "inputmode": "decimal"}
        longitude = {**latitude, "min": -180, "max": 180}
        super().__init__(
            {"latitude": forms.NumberInput(latitude), "longitude": forms.NumberInput(longitude)},
            attrs,
        )

    def decompress(self, value: Point | None) -> list[float | None]:
        return [value.y, value.x] if value else [None, None]


class PolygonInput(forms.Textarea):
    """A text area that holds the polygon's GeoJSON."""

    template_name = "tracker/widgets/polygon.html"


class PointFormField(forms.MultiValueField):
    """Latitude and longitude in degrees, giving a `shapely.Point`."""

    widget = PointInput
    default_validators = [check]
    default_error_messages = {
        "required": _("Mark the place on the map, or type its latitude and longitude."),
        "incomplete": _("Give both the latitude and the longitude."),
    }

    def __init__(self, **kwargs: Any) -> None:
        numbers = (
            forms.FloatField(
                error_messages={"invalid": _("The latitude is no number: write it like 52.51.")}
            ),
            forms.FloatField(
                error_messages={"invalid": _("The longitude is no number: write it like -13.4.")}
            ),
        )
        super().__init__(numbers, require_all_fields=False, **kwargs)

    def compress(self, data_list: list[float]) -> Point | None:
        if not data_list:
            return None
        latitude, longitude = data_list
        return Point(longitude, latitude)


class PolygonFormField(forms.Field):
    """GeoJSON text, giving a `shapely.Polygon`."""

    widget = PolygonInput
    default_error_messages = {
        "required": _("Draw the area on the map, or paste its outline as GeoJSON.")
    }

    def prepare_value(self, value: Any) -> Any:
        return json.dumps(to_geojson(value)) if isinstance(value, BaseGeometry) else value

    def to_python(self, value: Any) -> BaseGeometry | None:
        if value in self.empty_values or isinstance(value, BaseGeometry):
            return value or None
        return from_geojson(value, "Polygon")
