"""The user who calls: a token, an inbox, and areas of which nothing is to be heard."""

from typing import Any

from django.contrib.auth import authenticate
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from tracker import inboxes, tokens
from tracker.api.serializers import (
    LoginSerializer,
    ObjectSerializer,
    ReadSerializer,
    SilenceSerializer,
)
from tracker.api.views import ActionPermissions
from tracker.models import AreaOfInterest, Inbox, Silence
from tracker.people import assignable


class TokenView(APIView):
    """Tokens for programs."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    throttle_classes = [ScopedRateThrottle]
    throttle_scope = "token"

    @extend_schema(request=LoginSerializer, responses=ObjectSerializer)
    def post(self, request: Request) -> Response:
        """A token that is good for a day."""
        serializer = LoginSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        # The plain request: what counts failed log-ins looks for the address in it.
        user = authenticate(request._request, **serializer.validated_data)
        if user is None:
            raise exceptions.AuthenticationFailed(
                "The name or the password is wrong, or there were too many attempts.",
                "bad_credentials",
            )
        token, expires = tokens.make(user)
        return Response({"token": token, "expires": expires.isoformat()})

    def get_authenticate_header(self, request: Request) -> str:
        return "Bearer"


class MeView(APIView):
    """Who you are."""

    permission_classes = [IsAuthenticated]

    @extend_schema(responses=ObjectSerializer)
    def get(self, request: Request) -> Response:
        """Your name, roles, permissions and inbox."""
        user = request.user
        greeting = inboxes.greeting(user)
        roles = user.groups.order_by("name").values_list("name", flat=True)
        return Response({**greeting.pop("user"), "roles": list(roles), **greeting})


class _AlertsOfUser(APIView):
    permission_classes = [ActionPermissions]
    needs = "tracker.view_alert"


class UsersView(APIView):
    """Who can take care of an alert."""

    permission_classes = [ActionPermissions]
    needs = "tracker.change_alert"

    @extend_schema(responses=ObjectSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Users to whom an alert can be assigned."""
        return Response([{"id": user.pk, "username": user.username} for user in assignable()])


class InboxView(_AlertsOfUser):
    """How far you have read."""

    @extend_schema(responses=ObjectSerializer)
    def get(self, request: Request) -> Response:
        """The last alert you have read, and how many are unread."""
        return Response(Inbox.of(request.user).as_json())


class InboxReadView(_AlertsOfUser):
    """Reading."""

    @extend_schema(request=ReadSerializer, responses=ObjectSerializer)
    def post(self, request: Request) -> Response:
        """Mark alerts as read, up to `through` or all."""
        serializer = ReadSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(inboxes.read(request.user, serializer.validated_data["through"]))


class SilencesView(_AlertsOfUser):
    """Areas of which you want to hear nothing, or nothing at some hours."""

    @extend_schema(responses=ObjectSerializer(many=True))
    def get(self, request: Request) -> Response:
        """All of them."""
        return Response(inboxes.silences_of(request.user))


class SilenceView(_AlertsOfUser):
    """One of them, by the id of its area."""

    @extend_schema(request=SilenceSerializer, responses=ObjectSerializer)
    def put(self, request: Request, area: int) -> Response:
        """Set it."""
        row = get_object_or_404(AreaOfInterest, pk=area)
        known = Silence.objects.filter(user=request.user, area=row).first()
        serializer = SilenceSerializer(known, data=request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save(user=request.user, area=row)
        inboxes.tell_silences(request.user)
        return Response(serializer.data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, area: int) -> Response:
        """Hear of the area again."""
        Silence.objects.filter(user=request.user, area=area).delete()
        inboxes.tell_silences(request.user)
        return Response(status=204)
