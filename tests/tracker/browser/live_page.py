"""The live map with a socket in the test's hands."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, WebSocketRoute

from tracker import inboxes, replay
from tracker.models import LogHead
from tracker.position import Position


class LivePage:
    """The home page. Its sockets end here instead of at the server, so that a test can be one.

    What the server would send is published for real, and reaches the page when the test says so.
    """

    def __init__(
        self, page: Page, user: Any, published: Callable[[], list[dict[str, Any]]]
    ) -> None:
        self.page = page
        self.user = user
        self.published = published
        self.sockets: list[WebSocketRoute] = []
        self.addresses: list[str] = []
        self.asked: list[dict[str, Any]] = []
        page.route_web_socket("**/notifications/**", self._connected)
        self.connection = page.locator("[data-connection]")
        self.banner = page.locator("[data-banner]")
        self.rows = page.locator("[data-list] .row-name")
        self.popup = page.get_by_role("dialog")
        self.urgent = page.locator("[data-alerts-urgent] .alert")
        self.calm = page.locator("[data-alerts-calm] .alert")

    def open(self, query: str = "") -> None:
        self.page.goto(f"/{query}")

    def send(self, frame: dict[str, Any] | str) -> None:
        """Send a frame through the newest socket."""
        text = frame if isinstance(frame, str) else json.dumps(frame)
        self.sockets[-1].send(text)

    def publish(self) -> None:
        """Send what has been changed since the last call."""
        for frame in self.published():
            self.send(frame)

    def miss(self) -> None:
        """Publish what has been changed without the page getting it."""
        self.published()

    def beat(self) -> None:
        """Send the heartbeat."""
        head = LogHead.current()
        at = head.beat.isoformat()
        self.send({"type": "heartbeat", "epoch": head.epoch, "seq": head.sequence, "at": at})

    def welcome(self, since: str | None) -> None:
        """Answer as the server does: what was missed, then the greeting."""
        head = LogHead.current()
        position = {"epoch": head.epoch, "seq": head.sequence}
        try:
            if since is not None:
                permissions = frozenset(self.user.get_all_permissions())
                rows = replay.missed(Position.parse(since), head)
                frames = [row.frame(head.epoch, permissions) for row in rows]
                self.send({"type": "replay", "notifications": frames})
        except replay.CannotReplay as error:
            self.send({"type": "reload", **position, "reason": error.reason})
        self.send({"type": "hello", **position, **inboxes.greeting(self.user)})

    def _connected(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        self.addresses.append(socket.url)
        socket.on_message(self._received)
        self.welcome(since_in(socket.url))

    def _received(self, text: str) -> None:
        frame = json.loads(text)
        self.asked.append(frame)
        self.welcome(frame["since"])

    def marker(self, label: str) -> Locator:
        """A marker by its full label, such as "Fire, Urgent, open"."""
        return self.page.locator(f".leaflet-marker-pane [aria-label='{label}']")

    def row(self, name: str) -> Locator:
        return self.page.locator(".row-main", has_text=name)


def since_in(url: str) -> str | None:
    return parse_qs(urlsplit(url).query).get("since", [None])[0]
