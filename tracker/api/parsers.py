"""How the bodies of requests are read."""

from typing import Any

from rest_framework.parsers import BaseParser

from tracker import transfer


class JSONParser(BaseParser):
    """Reads JSON that is not too long."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return transfer.parse(stream.read(transfer.MAX_BYTES + 1))


class GeoJSONParser(JSONParser):
    """The same for those who say that it is GeoJSON."""

    media_type = "application/geo+json"
