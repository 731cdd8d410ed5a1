"""What every template of the tracker can use."""

from django.conf import settings
from django.http import HttpRequest


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
