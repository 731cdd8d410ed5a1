"""Incidents."""

from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from tracker import reports
from tracker.api.imports import ImportMixin
from tracker.api.serializers import IncidentSerializer, ObjectSerializer
from tracker.api.views import Acting, ActionPermissions
from tracker.filters import IncidentFilter
from tracker.models import Incident, Notification


class IncidentFilterBackend(DjangoFilterBackend):
    """A list is filtered; one incident is found whatever its state."""

    def filter_queryset(self, request: Request, queryset: QuerySet, view: Any) -> QuerySet:
        if view.detail:
            return queryset
        return super().filter_queryset(request, queryset, view)


class IncidentViewSet(Acting, ImportMixin, ModelViewSet):
    """Incidents; the list holds the open ones unless the filters ask for others."""

    queryset = Incident.objects.all()
    serializer_class = IncidentSerializer
    permission_classes = [ActionPermissions]
    filter_backends = [IncidentFilterBackend]
    filterset_class = IncidentFilter

    def get_queryset(self) -> QuerySet:
        if self.detail:
            return Incident.objects.visible_to(self.request.user)
        return Incident.objects.published()

    @extend_schema(parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)])
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Add an incident. The same `Idempotency-Key` again adds no second one."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        key = request.headers.get("Idempotency-Key", "")
        incident = Incident(**serializer.validated_data)
        # A key is the user's own: nobody can ask what others have sent.
        key = key and f"{request.user.pk}:{key:.80}"
        report = reports.Report(incident, key, f"user {request.user.pk}")
        taken = reports.take_in(report) or incident
        return Response(self.get_serializer(taken).data, status=201)

    @extend_schema(responses=ObjectSerializer(many=True))
    @action(detail=True)
    def history(self, request: Request, pk: str) -> Response:
        """What was done to the incident, the newest first."""
        rows = Notification.objects.about(self.get_object())[:100]
        return Response([_entry(row) for row in rows])

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], needs="tracker.review_incident")
    def approve(self, request: Request, pk: str) -> Response:
        """Show a report to everybody, after its review."""
        incident = self.get_object()
        incident.pending = False
        incident.save()
        return Response(self.get_serializer(incident).data)


def _entry(row: Notification) -> dict[str, Any]:
    return {
        "seq": row.sequence,
        "kind": row.kind,
        "at": row.created.isoformat(),
        "actor": row.actor or None,
        "before": row.before,
        "after": row.after,
    }
