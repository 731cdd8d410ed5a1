"""Tests of channels.routing: which consumer runs for which message."""

import re
import sys
import types

import pytest
from django.core.exceptions import ImproperlyConfigured

from channels.layers.memory import InMemoryChannelLayer
from channels.message import Message
from channels.routing import (
    Router,
    connect_consumer,
    include,
    null_consumer,
    route,
    route_class,
)


def consumer_1(message, **kwargs):
    """A consumer."""


def consumer_2(message, **kwargs):
    """Another consumer."""


def http_consumer(message, **kwargs):
    """One that answers requests."""


class ClassConsumer:
    """A class-based consumer, as far as routing is concerned."""

    def __init__(self, message, **kwargs):
        self.message = message

    @classmethod
    def channel_names(cls):
        return {"class.one", "class.two"}


chat_routing = [
    route("websocket.connect", consumer_2, path=r"^/(?P<room>\w+)/$"),
    route("websocket.connect", consumer_1),
]
not_a_routing = 5


@pytest.fixture(scope="module", autouse=True)
def _by_name():
    """Makes this module one that dotted paths can name."""
    module = types.ModuleType("routing_of_tests")
    module.__dict__.update(
        {name: value for name, value in globals().items() if not name.startswith("__")}
    )
    sys.modules[module.__name__] = module
    yield
    del sys.modules[module.__name__]


def matched(routing, channel: str = "test", **content):
    return Router(routing).match(Message(content, channel, InMemoryChannelLayer()))


class TestRoute:
    def test_a_channel_has_a_consumer(self):
        routing = [route("test", consumer_1), route("other", consumer_2)]
        assert matched(routing) == (consumer_1, {})
        assert matched(routing, "other") == (consumer_2, {})
        assert matched(routing, "unknown") is None

    def test_several_channels_can_have_the_same(self):
        routing = [route(["one", "two"], consumer_1)]
        assert matched(routing, "one") == matched(routing, "two") == (consumer_1, {})

    def test_the_name_may_be_bytes_and_the_consumer_a_path(self):
        assert matched([route(b"test", "routing_of_tests.consumer_1")]) == (consumer_1, {})

    def test_the_first_that_matches_wins(self):
        routing = [route("test", consumer_1, path="^/a"), route("test", consumer_2)]
        assert matched(routing, path="/a/b") == (consumer_1, {})
        assert matched(routing, path="/b") == (consumer_2, {})

    def test_named_groups_become_arguments(self):
        routing = [route("test", consumer_1, path=r"^/(?P<year>\d+)/(?P<month>\d+)/", method="G")]
        assert matched(routing, path="/2016/12/", method="GET") == (
            consumer_1,
            {"year": "2016", "month": "12"},
        )

    def test_every_filter_has_to_match(self):
        routing = [route("test", consumer_1, path="^/a$", method="^GET$")]
        assert matched(routing, path="/a", method="GET") == (consumer_1, {})
        assert matched(routing, path="/a", method="POST") is None
        assert matched(routing, path="/a") is None
        assert matched(routing, method="GET") is None

    def test_filters_match_bytes_and_text(self):
        routing = [route("test", consumer_1, query=rb"^a=(?P<a>.)")]
        assert matched(routing, query=b"a=\xe4") == (consumer_1, {"a": "ä"})
        assert matched(routing, query="a=ä") == (consumer_1, {"a": "ä"})

    @pytest.mark.parametrize("value", [None, 3, ["/"], {}])
    def test_what_is_no_text_matches_no_filter(self, value):
        assert matched([route("test", consumer_1, path="")], path=value) is None

    def test_positional_groups_are_a_mistake(self):
        with pytest.raises(ValueError, match=r"path .* contains positional groups; only named"):
            route("test", consumer_1, path=r"^/(\d+)/$")
        with pytest.raises(ValueError, match="positional groups"):
            route("test", consumer_1, path=r"^/(\d+)/(?P<name>\w+)/$")

    def test_groups_that_catch_nothing_are_none(self):
        routing = [route("test", consumer_1, path=r"^/(?:a|b)/$")]
        assert matched(routing, path="/b/") == (consumer_1, {})

    def test_a_filter_that_is_no_regular_expression_is_a_mistake(self):
        with pytest.raises(ValueError, match=r"path='\(' .* is no regular expression"):
            route("test", consumer_1, path="(")

    @pytest.mark.parametrize("name", ["bad channel!!", "", "x" * 100, "local!part"])
    def test_a_name_that_no_worker_can_listen_on_is_a_mistake(self, name):
        with pytest.raises(TypeError, match=re.escape(f"Channel name {name!r}")):
            route(["test", name], consumer_1)

    @pytest.mark.parametrize(
        "path", ["routing_of_tests.missing", "no_such_module.consumer", "consumer_1", ""]
    )
    def test_a_path_that_does_not_import_is_a_mistake(self, path):
        with pytest.raises(
            ImproperlyConfigured, match=re.escape(f"Cannot import consumer {path!r}")
        ):
            route("test", path)

    @pytest.mark.parametrize("consumer", [5, None, ["routing_of_tests.consumer_1"]])
    def test_what_cannot_be_called_is_a_mistake(self, consumer):
        with pytest.raises(TypeError, match="cannot be called"):
            route("test", consumer)

    def test_it_shows_what_it_does(self):
        text = str(route(["one", "two"], consumer_1, path="^/a"))
        assert "one" in text
        assert "two" in text
        assert "path=^/a" in text
        assert text.endswith("consumer_1")


class TestRouteClass:
    def test_it_listens_on_all_channels_of_the_class(self):
        routing = [route_class(ClassConsumer, path=r"^/(?P<name>\w+)/$")]
        for channel in ("class.one", "class.two"):
            assert matched(routing, channel, path="/x/") == (ClassConsumer, {"name": "x"})
        assert Router(routing).channels == {"class.one", "class.two"}

    def test_the_class_may_be_a_path(self):
        assert matched([route_class("routing_of_tests.ClassConsumer")], "class.one")

    def test_a_function_is_a_mistake(self):
        with pytest.raises(ValueError, match="give a function to route"):
            route_class(consumer_1)


class TestInclude:
    def test_the_prefix_is_cut_off_inside(self):
        routing = [include(chat_routing, path=r"^/chat")]
        message = {"path": "/chat/bees/"}
        assert matched(routing, "websocket.connect", **message) == (consumer_2, {"room": "bees"})
        assert message == {"path": "/chat/bees/"}

    def test_the_consumer_sees_the_whole_value(self):
        message = Message({"path": "/chat/bees/"}, "websocket.connect", InMemoryChannelLayer())
        Router([include(chat_routing, path=r"^/chat")]).match(message)
        assert message["path"] == "/chat/bees/"

    def test_without_its_prefix_nothing_inside_matches(self):
        routing = [include(chat_routing, path=r"^/chat"), route("websocket.connect", http_consumer)]
        assert matched(routing, "websocket.connect", path="/other/") == (http_consumer, {})
        assert matched(routing, "websocket.connect") == (http_consumer, {})

    def test_what_matches_nothing_inside_goes_on_to_the_next(self):
        routing = [
            include([route("test", consumer_1, path="^/x$")], path="^/a"),
            route("test", consumer_2),
        ]
        assert matched(routing, path="/a/y") == (consumer_2, {})

    def test_groups_of_the_prefix_are_arguments_too(self):
        routing = [include(chat_routing, path=r"^/(?P<language>\w\w)")]
        assert matched(routing, "websocket.connect", path="/en/bees/") == (
            consumer_2,
            {"language": "en", "room": "bees"},
        )

    def test_they_go_inside_each_other(self):
        routing = [include([include(chat_routing, path="^/b")], path="^/a")]
        assert matched(routing, "websocket.connect", path="/a/b/bees/") == (
            consumer_2,
            {"room": "bees"},
        )

    def test_without_a_prefix_it_is_just_more_routes(self):
        routing = [include("routing_of_tests.chat_routing")]
        assert matched(routing, "websocket.connect", path="/bees/") == (
            consumer_2,
            {"room": "bees"},
        )
        assert Router(routing).channels == {"websocket.connect"}

    def test_a_prefix_that_is_no_regular_expression_is_a_mistake(self):
        with pytest.raises(ValueError, match=r"path='\^/\(x' on an include is no regular exp"):
            include(chat_routing, path="^/(x")

    def test_bytes_stay_for_the_filters_inside(self):
        routing = [include([route("test", consumer_1, query=b"^b$")], query=b"^a")]
        assert matched(routing, query=b"ab") == (consumer_1, {})


class TestRouter:
    def test_a_dict_is_a_routing(self):
        routing = {"test": consumer_1, "other": "routing_of_tests.consumer_2"}
        assert matched(routing) == (consumer_1, {})
        assert matched(routing, "other") == (consumer_2, {})

    def test_it_can_be_the_path_of_a_routing(self):
        router = Router("routing_of_tests.chat_routing")
        assert router.channels == {"websocket.connect"}

    @pytest.mark.parametrize(
        "path", ["routing_of_tests.missing", "no_such_module.routing", "routing", ""]
    )
    def test_a_path_that_does_not_import_is_a_mistake(self, path):
        with pytest.raises(ImproperlyConfigured, match="Cannot import channel routing"):
            Router(path)

    @pytest.mark.parametrize("routing", [5, None, "routing_of_tests.not_a_routing"])
    def test_what_is_no_routing_is_a_mistake(self, routing):
        with pytest.raises(ImproperlyConfigured, match="must be a list of routes or a dict"):
            Router(routing)

    @pytest.mark.parametrize(
        "entry",
        [("test", consumer_1), chat_routing, "test", consumer_1, ClassConsumer, re.compile("")],
    )
    def test_what_is_no_route_in_it_is_a_mistake_that_is_shown(self, entry):
        with pytest.raises(ImproperlyConfigured, match=re.escape(f"not {entry!r}.")):
            Router([route("test", consumer_1), entry])
        with pytest.raises(ImproperlyConfigured, match="is made of route"):
            include([entry])

    def test_a_route_may_be_of_another_kind(self):
        class Always:
            def match(self, message):
                return consumer_2, {}

            def channel_names(self):
                return {"test"}

        assert matched([Always()]) == (consumer_2, {})

    def test_a_route_can_be_added_at_the_end(self):
        router = Router([route("test", consumer_1)])
        router.add_route(route("test", consumer_2))
        router.add_route(route("other", consumer_2))
        message = Message({}, "test", InMemoryChannelLayer())
        assert router.match(message) == (consumer_1, {})
        assert router.channels == {"test", "other"}

    def test_adding_a_route_leaves_the_list_it_was_made_from_alone(self):
        routes = [route("test", consumer_1)]
        Router(routes).add_route(route("other", consumer_2))
        assert len(routes) == 1


class TestDefaults:
    def test_they_are_behind_the_projects_own(self, settings):
        settings.CHANNELS_KEEPALIVE_SECONDS = 300
        router = Router([route("http.request", consumer_1, path="^/own")])
        router.check_default(http_consumer=http_consumer)

        def consumer_of(channel, path="/"):
            message = Message({"path": path}, channel, InMemoryChannelLayer())
            return router.match(message)[0]

        assert consumer_of("http.request", "/own/") is consumer_1
        assert consumer_of("http.request") is http_consumer
        assert consumer_of("websocket.connect") is connect_consumer
        for name in ("receive", "disconnect", "keepalive"):
            assert consumer_of(f"websocket.{name}") is null_consumer

    def test_requests_go_to_views(self):
        router = Router([])
        router.check_default()
        message = Message({"path": "/"}, "http.request", InMemoryChannelLayer())
        assert type(router.match(message)[0]).__name__ == "ViewConsumer"

    def test_sockets_are_accepted_and_what_they_send_is_read(self):
        layer = InMemoryChannelLayer()
        connect_consumer(Message({"reply_channel": "back"}, "websocket.connect", layer))
        assert layer.receive(["back"]) == ("back", {"accept": True})
        assert null_consumer(Message({}, "websocket.receive", layer)) is None
