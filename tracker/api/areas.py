"""Areas of interest."""

from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from tracker import dryrun
from tracker.api.imports import ImportMixin
from tracker.api.serializers import AreaSerializer, DryRunSerializer, ObjectSerializer
from tracker.api.views import Acting, ActionPermissions
from tracker.filters import AreaFilter
from tracker.models import AreaOfInterest


class AreaViewSet(Acting, ImportMixin, ModelViewSet):
    """Areas of interest."""

    queryset = AreaOfInterest.objects.all()
    serializer_class = AreaSerializer
    permission_classes = [ActionPermissions]
    filter_backends = [DjangoFilterBackend]
    filterset_class = AreaFilter

    @extend_schema(request=DryRunSerializer, responses=ObjectSerializer)
    @action(detail=False, methods=["post"], url_path="dry-run")
    def dry_run(self, request: Request) -> Response:
        """Count the incidents of the last 30 days that an area like this would have caught."""
        serializer = DryRunSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(dryrun.count(**serializer.validated_data))
