"""Tests of channels.exceptions."""

import pytest

from channels.exceptions import ChannelSocketException, WebsocketCloseException
from channels.layers.memory import InMemoryChannelLayer
from channels.message import Message


def message_on(channel, layer=None, **content):
    return Message(content, channel, layer or InMemoryChannelLayer())


class TestClose:
    @pytest.mark.parametrize(
        ("code", "close"),
        [(None, True), *((code, code) for code in (1000, 1008, 1011, 1012, 1013, 3000, 4999))],
    )
    def test_it_closes_the_socket_of_its_message(self, code, close):
        layer = InMemoryChannelLayer()
        message = message_on("websocket.receive", layer, reply_channel="reply!1")
        WebsocketCloseException(code).run(message)
        assert layer.receive(["reply!"]) == ("reply!1", {"close": close})

    @pytest.mark.parametrize("code", [0, 999, 1001, 1006, 2999, 5000, "1000"])
    def test_codes_that_are_not_for_applications_are_refused(self, code):
        with pytest.raises(ValueError, match=rf"{code!r}: .*1013.*, or of 3000 to 4999"):
            WebsocketCloseException(code)

    @pytest.mark.parametrize(
        ("channel", "content"), [("http.request", {"reply_channel": "reply!1"}), ("work", {})]
    )
    def test_it_is_for_websockets_only(self, channel, content):
        with pytest.raises(ValueError, match=channel):
            WebsocketCloseException().run(message_on(channel, **content))


def test_a_socket_exception_without_run_says_what_is_missing():
    class Unfinished(ChannelSocketException):
        pass

    with pytest.raises(NotImplementedError, match=r"Unfinished must define run\(message\)"):
        Unfinished().run(message_on("websocket.receive"))
