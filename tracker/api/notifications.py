"""The log, for programs that follow it."""

import hashlib
import re

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tracker import audiences, replay
from tracker.api.serializers import ObjectSerializer
from tracker.api.views import ActionPermissions
from tracker.models import Incident, LogHead, Notification
from tracker.position import BadPosition, Position

MAX_LIMIT = 1000
GONE = {
    "epoch": "This position is of another log: load everything anew.",
    "future": "The log does not reach this position: load everything anew.",
    "too_old": "The log does not go back to this position: load everything anew.",
}


class Gone(exceptions.APIException):
    """What was asked for is not known any more."""

    status_code = 410


class NotificationsView(APIView):
    """What happened after a position, in order."""

    permission_classes = [ActionPermissions]
    needs = "tracker.view_incident"

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "since", str, description="epoch:seq; without it nothing but the head"
            ),
            OpenApiParameter("limit", int, description="at most 1000"),
        ],
        responses=ObjectSerializer,
    )
    def get(self, request: Request) -> Response:
        """Notifications after `since`, oldest first; `more` tells that there are further ones."""
        head = LogHead.current()
        limit = _limit(request)
        rows = self._rows(request, head, limit + 1)
        permissions = audiences.permissions_of(request.user)
        frames = [row.frame(head.epoch, permissions) for row in rows[:limit]]
        return Response(
            {
                "epoch": head.epoch,
                "seq": head.sequence,
                "notifications": frames,
                "more": len(rows) > limit,
            }
        )

    def _rows(self, request: Request, head: LogHead, limit: int) -> list[Notification]:
        if "since" not in request.query_params:
            return []
        try:
            since = Position.parse(request.query_params["since"])
            return replay.following(since, head, limit)
        except BadPosition as error:
            raise exceptions.ValidationError({"since": [str(error)]}) from error
        except replay.CannotReplay as error:
            raise Gone(GONE[error.reason], error.reason) from error


class StateView(APIView):
    """A fingerprint of the open incidents, to compare what a page shows with the database."""

    permission_classes = [ActionPermissions]
    needs = "tracker.view_incident"

    @extend_schema(responses=ObjectSerializer)
    def get(self, request: Request) -> Response:
        """Position, number of open incidents, and a hash over them."""
        # Before the rows, as for every snapshot.
        position = LogHead.current().position
        rows = list(Incident.objects.open().order_by("pk"))
        return Response({**position._asdict(), "incidents": len(rows), "hash": fingerprint(rows)})


def fingerprint(rows: list[Incident]) -> str:
    """A hash over what is seen of incidents; a page makes the same of what it holds."""
    lines = (
        f"{row.pk} {row.severity} {row.closed:d} {row.location.x:.6f} {row.location.y:.6f} "
        f"{row.name}\n"
        for row in rows
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", "100")
    if not (re.fullmatch("[0-9]{1,4}", text) and 1 <= int(text) <= MAX_LIMIT):
        raise exceptions.ValidationError(
            {"limit": [f"{text!r:.20} is no number from 1 to {MAX_LIMIT}."]}
        )
    return int(text)
