"""Alerts."""

from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from tracker import alerts
from tracker.api.serializers import (
    AlertSerializer,
    AssignSerializer,
    CommentSerializer,
    ObjectSerializer,
)
from tracker.api.views import Acting, RolePermissions
from tracker.filters import AlertFilter
from tracker.models import Alert


class AlertPermissions(RolePermissions):
    """People add no alerts: what they do with one is a change of it."""

    perms_map = {**RolePermissions.perms_map, "POST": ["%(app_label)s.change_%(model_name)s"]}


@extend_schema(responses=ObjectSerializer)
class AlertViewSet(Acting, ReadOnlyModelViewSet):
    """Alerts, which rules raise and people take care of."""

    queryset = Alert.objects.all()
    serializer_class = AlertSerializer
    permission_classes = [AlertPermissions]
    filter_backends = [DjangoFilterBackend]
    filterset_class = AlertFilter

    def get_queryset(self) -> QuerySet:
        return Alert.objects.with_people().order_by("-pk")

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One alert, with its comments as `comment_list`."""
        alert = self.get_object()
        comments = [item.as_json() for item in alert.comments.select_related("author")]
        return Response({**alert.as_json(), "comment_list": comments})

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Say that you take care of it."""
        return Response(alerts.acknowledge(self.get_object(), request.user).as_json())

    @extend_schema(request=AssignSerializer)
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: str) -> Response:
        """Give it to a user, or to nobody."""
        serializer = AssignSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        alert = alerts.assign(self.get_object(), serializer.validated_data["user"])
        return Response(alert.as_json())

    @action(detail=True)
    def comments(self, request: Request, pk: str) -> Response:
        """What was said about it."""
        comments = self.get_object().comments.select_related("author")
        return Response(CommentSerializer(comments, many=True).data)

    @extend_schema(request=CommentSerializer)
    @comments.mapping.post
    def add_comment(self, request: Request, pk: str) -> Response:
        """Say something about it."""
        serializer = CommentSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        comment = alerts.comment(self.get_object(), request.user, serializer.validated_data["text"])
        return Response(comment.as_json(), status=201)
