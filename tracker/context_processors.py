"""What every template of the tracker can use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from tracker.models import Inbox


def tile(request: HttpRequest) -> dict[str, dict[str, str]]:
    """Return `tile`, the tile server of the maps, empty when there is none."""
    if not settings.TRACKER_TILE_URL:
        return {"tile": {}}
    return {
        "tile": {
            "url": settings.TRACKER_TILE_URL,
            "attribution": settings.TRACKER_TILE_ATTRIBUTION,
        }
    }


def inbox(request: HttpRequest) -> dict[str, Any]:
    """Return `inbox` of the user who is logged in; nothing is read unless a template asks."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"inbox": SimpleLazyObject(lambda: Inbox.of(user).as_json())}
