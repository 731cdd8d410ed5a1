"""Somebody without a browser: forms over HTTP, and WebSockets with any header."""

import json
import re
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

import pytest
from websockets.exceptions import InvalidStatus
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
        return self.submit(path, path, **fields)

    def submit(self, page: str, target: str, **fields: Any) -> tuple[int, str]:
        """As `post`, where the form of a page goes to another address."""
        token = CSRF_TOKEN.search(self.get(page)[1])
        assert token is not None, f"no form at {page}"
        data = urlencode({**fields, "csrfmiddlewaretoken": token.group(1)}).encode()
        return self._open(Request(f"http://{self.host}{target}", data))

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

    def refused_with(self, path: str = "/notifications/", **options: Any) -> int:
        """Return the status with which a handshake is refused."""
        with pytest.raises(InvalidStatus) as refused, self.socket(path, **options):
            pass
        return refused.value.response.status_code

    def _open(self, request: Request) -> tuple[int, str]:
        try:
            with self._opener.open(request, timeout=60) as response:
                return response.status, response.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()


def expect_frame(connection: ClientConnection, text: str) -> None:
    """Wait for a frame that holds the text."""
    while text not in connection.recv(timeout=30):
        pass
