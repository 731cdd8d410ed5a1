"""Somebody without a browser: forms over HTTP, and WebSockets with any header."""

import json
import re
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

from websockets.sync.client import ClientConnection, connect

CSRF_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


class Visitor:
    """A client that keeps its cookies.

    Args:
        host: host and port of the server.
    """

    def __init__(self, host: str) -> None:
        self.host = host
        self.cookies = CookieJar()
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(self.cookies))

    def get(self, path: str) -> tuple[int, str]:
        """Return the status and the text of a page; redirects are followed."""
        return self._open(Request(f"http://{self.host}{path}"))

    def post(self, path: str, **fields: Any) -> tuple[int, str]:
        """Fill in the form of a page and return the status and the text of the answer."""
        token = CSRF_TOKEN.search(self.get(path)[1])
        assert token is not None, f"no form at {path}"
        data = urlencode({**fields, "csrfmiddlewaretoken": token.group(1)}).encode()
        return self._open(Request(f"http://{self.host}{path}", data))

    def login(self, username: str, password: str) -> None:
        self.post("/accounts/login/", username=username, password=password)
        assert any(cookie.name == "sessionid" for cookie in self.cookies), "login refused"

    def features(self, kind: str) -> list[dict[str, Any]]:
        """Return all "incidents" or "areas" as GeoJSON features."""
        status, text = self.get(f"/{kind}.geojson?closed=1")
        assert status == 200, text
        return list(json.loads(text)["features"])

    def delete_everything(self) -> None:
        for feature in self.features("incidents") + self.features("areas"):
            self.post(f"{feature['properties']['url']}delete/")

    def socket(
        self, path: str = "/notifications/", origin: str | None = None, **options: Any
    ) -> ClientConnection:
        """Open a WebSocket with this visitor's cookies.

        Args:
            origin: the page that is said to open it; by default one of the server itself.
            options: for `websockets.sync.client.connect`.

        Raises:
            websockets.exceptions.InvalidStatus: the server refused the handshake.
        """
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies)
        return connect(
            f"ws://{self.host}{path}",
            origin=origin or f"http://{self.host}",
            additional_headers={"Cookie": cookies} if cookies else None,
            proxy=None,
            **options,
        )

    def _open(self, request: Request) -> tuple[int, str]:
        try:
            with self._opener.open(request, timeout=60) as response:
                return response.status, response.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()
