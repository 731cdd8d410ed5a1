"""What the API gives and takes."""

from typing import Any

from django.core.exceptions import ValidationError as ModelError
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tracker import timezones
from tracker.geometry.shapes import from_geojson, to_geojson
from tracker.models import AreaOfInterest, Incident, Severity, Silence
from tracker.people import assignable


class GeometryField(serializers.Field):
    """A GeoJSON geometry.

    Arguments:
        kind: "Point" or "Polygon".
    """

    def __init__(self, kind: str, **kwargs: Any) -> None:
        self.kind = kind
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        try:
            return from_geojson(data, self.kind)
        except ModelError as error:
            raise serializers.ValidationError(error.messages) from error

    def to_representation(self, value: Any) -> dict[str, Any]:
        return to_geojson(value)


@extend_schema_field({"type": "object", "description": "GeoJSON Point, longitude first"})
class PointField(GeometryField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__("Point", **kwargs)


@extend_schema_field({"type": "object", "description": "GeoJSON Polygon, longitude first"})
class PolygonField(GeometryField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__("Polygon", **kwargs)


class IncidentSerializer(serializers.ModelSerializer):
    location = PointField()
    url = serializers.CharField(source="get_absolute_url", read_only=True)

    class Meta:
        model = Incident
        fields = [
            "id",
            "name",
            "description",
            "severity",
            "closed",
            "location",
            "pending",
            "created",
            "updated",
            "url",
        ]
        read_only_fields = ["pending"]


class AreaSerializer(serializers.ModelSerializer):
    polygon = PolygonField()
    url = serializers.CharField(source="get_absolute_url", read_only=True)

    class Meta:
        model = AreaOfInterest
        fields = ["id", "name", "severity", "polygon", "url"]


class DryRunSerializer(serializers.Serializer):
    """An area that is being drawn."""

    polygon = PolygonField()
    severity = serializers.ChoiceField(Severity.choices)


class FeatureCollectionSerializer(serializers.Serializer):
    """GeoJSON; what is in the features is checked by `tracker.transfer`."""

    type = serializers.CharField()
    features = serializers.ListField()


class CreatedSerializer(serializers.Serializer):
    created = serializers.IntegerField()


class AlertSerializer(serializers.BaseSerializer):
    """An alert as pages get it."""

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return instance.as_json()


@extend_schema_field(int)
class AssigneeField(serializers.PrimaryKeyRelatedField):
    """The id of a user who can take care of alerts."""

    def get_queryset(self) -> Any:
        return assignable()


class AssignSerializer(serializers.Serializer):
    user = AssigneeField(allow_null=True)


class CommentSerializer(serializers.Serializer):
    text = serializers.CharField(max_length=1000)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return instance.as_json()


class SilenceSerializer(serializers.ModelSerializer):
    class Meta:
        model = Silence
        fields = ["muted", "quiet_from", "quiet_until", "timezone"]

    def validate_timezone(self, name: str) -> str:
        if name not in timezones.names():
            raise serializers.ValidationError(
                _("%(name)s is no time zone: write it like Europe/Madrid.") % {"name": name}
            )
        return name

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs.get("quiet_from") is None) != (attrs.get("quiet_until") is None):
            raise serializers.ValidationError(_("Give both ends of the quiet hours, or neither."))
        return attrs

    def to_representation(self, instance: Silence) -> dict[str, Any]:
        return instance.as_json()


class ReadSerializer(serializers.Serializer):
    through = serializers.IntegerField(min_value=0, required=False, allow_null=True, default=None)


class LoginSerializer(serializers.Serializer):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)


class ObjectSerializer(serializers.Serializer):
    """A JSON object that the reference describes in words."""
