"""Adding many rows at once, from GeoJSON."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from tracker import transfer
from tracker.api.serializers import CreatedSerializer, FeatureCollectionSerializer


class GeoJSONParser(BaseParser):
    """Reads JSON that is not too long, without NaN."""

    media_type = "application/geo+json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return transfer.parse(stream.read(transfer.MAX_BYTES + 1))


class PlainJSONParser(GeoJSONParser):
    """The same for those who do not say that it is GeoJSON."""

    media_type = JSONParser.media_type


class ImportMixin:
    """`import/` of a viewset: all features are added, or none."""

    @extend_schema(request=FeatureCollectionSerializer, responses={201: CreatedSerializer})
    @action(
        detail=False,
        methods=["post"],
        url_path="import",
        url_name="import",
        parser_classes=[GeoJSONParser, PlainJSONParser],
    )
    def import_features(self, request: Request) -> Response:
        """Add the features of a GeoJSON FeatureCollection."""
        model = self.queryset.model
        rows = transfer.read_rows(model, request.data)
        model._default_manager.bulk_create(rows)
        return Response({"created": len(rows)}, status=201)
