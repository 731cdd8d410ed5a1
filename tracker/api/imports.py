"""Adding many rows at once, from GeoJSON."""

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from tracker import transfer
from tracker.api.parsers import GeoJSONParser, JSONParser
from tracker.api.serializers import CreatedSerializer, FeatureCollectionSerializer


class ImportMixin:
    """`import/` of a viewset: all features are added, or none."""

    @extend_schema(request=FeatureCollectionSerializer, responses={201: CreatedSerializer})
    @action(
        detail=False,
        methods=["post"],
        url_path="import",
        url_name="import",
        parser_classes=[GeoJSONParser, JSONParser],
    )
    def import_features(self, request: Request) -> Response:
        """Add the features of a GeoJSON FeatureCollection."""
        model = self.queryset.model
        rows = transfer.read_rows(model, request.data)
        model._default_manager.bulk_create(rows)
        return Response({"created": len(rows)}, status=201)
