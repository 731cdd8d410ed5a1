"""Tests of channels.handler: requests to views, and responses back."""

import asyncio
import io
import logging
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import BadRequest
from django.core.signals import got_request_exception, request_finished, request_started
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.urls import get_script_prefix, path, reverse

from channels.asgi import ChannelLayerWrapper
from channels.dispatch import Call
from channels.exceptions import ResponseLater
from channels.handler import AsgiHandler, AsgiRequest, HttpResponseLater, ViewConsumer
from channels.layers.memory import InMemoryChannelLayer
from channels.message import Message
from channels.pending import collect_sends, send_pending
from tests.support.signals import connected

# A request closes the database connections that are too old, whether it used them or not.
pytestmark = pytest.mark.django_db

REPLY = "test.reply"
BODY_CHANNEL = "http.request.body?abc"


def hello(request):
    return HttpResponse(f"Hello {request.GET.get('name', 'world')} below {get_script_prefix()}")


def echo_body(request):
    return HttpResponse(request.body)


def show_form(request):
    return HttpResponse(repr(request.POST.dict()))


def later(request):
    request.session_of_test = True
    raise ResponseLater


def later_by_return(request):
    return HttpResponseLater()


def fail(request):
    raise LookupError("a mistake in a view")


def bad(request):
    raise BadRequest("a mistake in the request")


async def hello_async(request):
    await asyncio.sleep(0)
    return HttpResponse("Hello from a coroutine")


async def later_async(request):
    raise ResponseLater


def stream(request):
    return StreamingHttpResponse(str(number) for number in range(3))


async def stream_async(request):
    async def numbers():
        for number in range(3):
            await asyncio.sleep(0)
            yield str(number)

    return StreamingHttpResponse(numbers())


def stream_and_fail(request):
    def parts():
        yield "a beginning"
        raise LookupError("a mistake while streaming")

    return StreamingHttpResponse(parts())


def fail_to_stream(request):
    def parts():
        raise LookupError("a mistake before streaming")
        yield

    return StreamingHttpResponse(parts())


def leave(request):
    sys.exit("a mistake")


def fork(request):
    child = os.fork()
    if not child:
        sys.exit()
    os.waitpid(child, 0)
    return HttpResponse("the parent's")


async def cancel(request):
    raise asyncio.CancelledError


def unmodified(request):
    return HttpResponse("not to be sent", status=304)


class Urls:
    urlpatterns = [
        path("hello/", hello, name="hello"),
        path("body/", echo_body),
        path("form/", show_form),
        path("later/", later),
        path("later-by-return/", later_by_return),
        path("fail/", fail),
        path("fork/", fork),
        path("bad/", bad),
        path("hello-async/", hello_async),
        path("later-async/", later_async),
        path("stream/", stream),
        path("stream-async/", stream_async),
        path("stream-and-fail/", stream_and_fail),
        path("fail-to-stream/", fail_to_stream),
        path("leave/", leave),
        path("cancel/", cancel),
        path("unmodified/", unmodified),
    ]
    handler404 = "django.views.defaults.page_not_found"


class FailingErrorPage(Urls):
    handler500 = staticmethod(fail)


@pytest.fixture(autouse=True)
def _plain_project(settings):
    settings.ROOT_URLCONF = Urls
    settings.TEMPLATES = []
    settings.MIDDLEWARE = []
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["*"]


@pytest.fixture
def layer() -> ChannelLayerWrapper:
    return ChannelLayerWrapper(InMemoryChannelLayer(capacity=5), "default", [])


def make_message(layer, path: str, method: str = "GET", **content) -> Message:
    content = {"reply_channel": REPLY, "method": method, "path": path, **content}
    return Message(content, "http.request", layer)


def respond(layer, path: str, method: str = "GET", **content) -> list[dict]:
    return list(AsgiHandler()(make_message(layer, path, method, **content)))


class HandlerOf(AsgiHandler):
    """Answers every request with one ready-made response."""

    chunk_size = 10

    def __init__(self, response):
        self.response = response
        super().__init__()

    def get_response(self, request):
        return self.response


def encode(layer, response, method: str = "GET") -> list[dict]:
    return list(HandlerOf(response)(make_message(layer, "/", method)))


class TestViews:
    def test_a_view_answers_with_one_message(self, layer):
        assert respond(layer, "/hello/", query_string=b"name=you") == [
            {
                "status": 200,
                "headers": [[b"Content-Type", b"text/html; charset=utf-8"]],
                "content": b"Hello you below /",
                "more_content": False,
            }
        ]

    def test_coroutine_functions_are_views_too(self, layer):
        (reply,) = respond(layer, "/hello-async/")
        assert reply["content"] == b"Hello from a coroutine"

    def test_urls_are_made_below_the_root_path(self, layer):
        (reply,) = respond(layer, "/app/hello/", root_path="/app")
        assert reply["content"] == b"Hello world below /app/"

    def test_the_script_prefix_of_the_last_request_is_forgotten(self, layer):
        respond(layer, "/app/hello/", root_path="/app")
        respond(layer, "/hello/", root_path=None)
        assert reverse("hello", urlconf=Urls) == "/hello/"

    def test_an_unknown_path_is_not_found(self, layer):
        assert respond(layer, "/nowhere/")[0]["status"] == 404

    def test_middleware_is_loaded_once_and_runs_around_every_view(self, layer, settings):
        loaded = []

        def middleware(get_response):
            loaded.append(True)

            def wrapped(request):
                response = get_response(request)
                response["X-Seen"] = request.path
                return response

            return wrapped

        settings.MIDDLEWARE = ["tests_middleware.middleware"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("django.core.handlers.base.import_string", lambda path: middleware)
            handler = AsgiHandler()
        for _ in range(2):
            (reply,) = handler(make_message(layer, "/hello/"))
            assert [b"X-Seen", b"/hello/"] in reply["headers"]
        assert loaded == [True]

    def test_one_handler_serves_many_threads(self, layer):
        handler = AsgiHandler()
        together = threading.Barrier(4, timeout=30)

        def ask(number):
            together.wait()
            query = f"name={number}".encode()
            (reply,) = handler(
                make_message(
                    layer, f"/p{number}/hello/", query_string=query, root_path=f"/p{number}"
                )
            )
            return reply["content"].decode()

        with ThreadPoolExecutor(4) as pool:
            replies = list(pool.map(ask, range(4)))
        assert replies == [f"Hello {number} below /p{number}/" for number in range(4)]

    def test_signals_are_sent_around_a_request(self, layer):
        seen = []

        def note(signal, sender, **kwargs):
            seen.append((signal, sender, kwargs.get("message")))

        message = make_message(layer, "/hello/")
        with connected(request_started, note), connected(request_finished, note):
            list(AsgiHandler()(message))
        assert seen == [
            (request_started, AsgiHandler, message),
            (request_finished, AsgiHandler, None),
        ]


class TestErrors:
    def test_a_view_that_raises_is_a_server_error(self, layer, caplog):
        (reply,) = respond(layer, "/fail/")
        assert reply["status"] == 500
        assert "/fail/" in caplog.text

    def test_with_debug_there_is_an_error_page(self, layer, settings):
        settings.DEBUG = True
        (reply,) = respond(layer, "/fail/")
        assert reply["status"] == 500
        assert b"a mistake in a view" in reply["content"]

    def test_an_error_page_that_fails_is_a_plain_server_error(self, layer, settings, caplog):
        settings.ROOT_URLCONF = FailingErrorPage
        (reply,) = respond(layer, "/fail/")
        assert (reply["status"], reply["content"]) == (500, b"Internal Server Error")
        assert "a mistake in a view" in caplog.text

    def test_exceptions_propagate_where_django_is_told_so(self, layer, settings):
        settings.DEBUG_PROPAGATE_EXCEPTIONS = True
        with pytest.raises(LookupError):
            respond(layer, "/fail/")

    def test_a_bad_request_is_400(self, layer):
        assert respond(layer, "/bad/")[0]["status"] == 400

    @pytest.mark.parametrize("content", [{"query_string": b"\xff"}, {"path": b"/\xff"}])
    def test_a_request_that_is_not_utf8_is_400(self, layer, caplog, content):
        message = make_message(layer, "/hello/")
        message.content.update(content)
        (reply,) = AsgiHandler()(message)
        assert reply["status"] == 400
        assert "Bad Request" in caplog.text

    def test_a_body_over_the_limit_is_400(self, layer, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 3
        assert respond(layer, "/body/", "POST", body=b"four")[0]["status"] == 400

    def test_a_broken_multipart_body_is_400(self, layer):
        headers = [[b"content-type", b"multipart/form-data"], [b"content-length", b"3"]]
        assert respond(layer, "/form/", "POST", body=b"xyz", headers=headers)[0]["status"] == 400


class TestNoResponse:
    @pytest.mark.parametrize("name", ["later", "later-by-return", "later-async"])
    def test_a_view_can_leave_the_response_to_somebody_else(self, layer, caplog, logged, name):
        caplog.set_level(logging.WARNING)
        assert respond(layer, f"/{name}/") == []
        assert logged() == []

    def test_leaving_the_response_is_no_error_for_middleware(self, layer, settings, monkeypatch):
        exceptions = []

        class Middleware:
            def __init__(self, get_response):
                self.get_response = get_response

            def __call__(self, request):
                return self.get_response(request)

            def process_exception(self, request, exception):
                exceptions.append(exception)

        def note(**kwargs):
            exceptions.append(kwargs)

        settings.MIDDLEWARE = ["tests_middleware.Middleware"]
        monkeypatch.setattr("django.core.handlers.base.import_string", lambda path: Middleware)
        with connected(got_request_exception, note):
            assert respond(layer, "/later/") == []
        assert exceptions == []
        assert respond(layer, "/fail/")[0]["status"] == 500
        assert isinstance(exceptions[0], LookupError)

    def test_a_client_that_stalls_gets_a_timeout(self, layer):
        class ImpatientHandler(AsgiHandler):
            class request_class(AsgiRequest):
                body_receive_timeout = 0.01

        message = make_message(layer, "/body/", "POST", body_channel=BODY_CHANNEL)
        (reply,) = ImpatientHandler()(message)
        assert reply["status"] == 408

    def test_a_client_that_left_before_the_view_gets_nothing(self, layer):
        layer.send(BODY_CHANNEL, {"closed": True})
        assert respond(layer, "/body/", "POST", body_channel=BODY_CHANNEL) == []

    def test_a_client_that_leaves_while_the_view_reads_gets_nothing(self, layer):
        leaving = threading.Timer(0.05, layer.send, [BODY_CHANNEL, {"closed": True}])
        leaving.start()
        assert respond(layer, "/body/", "POST", body=b"x", body_channel=BODY_CHANNEL) == []
        leaving.join()


class TestEncoding:
    def test_a_large_response_comes_in_pieces(self, layer):
        first, second, third = encode(layer, HttpResponse(b"0123456789" * 2 + b"x"))
        assert first["status"] == 200
        assert (first["content"], first["more_content"]) == (b"0123456789", True)
        assert second == {"content": b"0123456789", "more_content": True}
        assert third == {"content": b"x", "more_content": False}

    def test_a_stream_ends_with_an_empty_message(self, layer):
        replies = respond(layer, "/stream/")
        assert [reply["content"] for reply in replies] == [b"0", b"1", b"2", b""]
        assert [reply["more_content"] for reply in replies] == [True, True, True, False]
        assert [sorted(reply) for reply in replies[1:]] == [["content", "more_content"]] * 3

    def test_an_asynchronous_stream_is_the_same(self, layer):
        replies = respond(layer, "/stream-async/")
        assert [reply["content"] for reply in replies] == [b"0", b"1", b"2", b""]

    def test_a_file_is_read_in_pieces_and_closed(self, layer, tmp_path):
        file = tmp_path / "file.bin"
        file.write_bytes(bytes(25))
        opened = file.open("rb")
        replies = encode(layer, FileResponse(opened))
        assert [len(reply["content"]) for reply in replies] == [10, 10, 5, 0]
        assert opened.closed

    def test_the_response_is_closed_when_its_client_leaves_halfway(self, layer):
        file = io.BytesIO(bytes(25))
        replies = HandlerOf(FileResponse(file))(make_message(layer, "/"))
        next(replies)
        replies.close()
        assert file.closed

    @pytest.mark.parametrize("response", [HttpResponse(b"123"), FileResponse(io.BytesIO(b"123"))])
    def test_head_has_headers_and_no_content(self, layer, response):
        response["X-Kept"] = "yes"
        (reply,) = encode(layer, response, "HEAD")
        assert [b"X-Kept", b"yes"] in reply["headers"]
        assert (reply["content"], reply["more_content"]) == (b"", False)

    @pytest.mark.parametrize("status", [204, 304])
    @pytest.mark.parametrize("make", [HttpResponse, StreamingHttpResponse])
    def test_some_statuses_have_no_content(self, layer, make, status):
        (reply,) = encode(layer, make(b"not to be sent", status=status))
        assert (reply["status"], reply["content"]) == (status, b"")
        assert not reply["more_content"]

    def test_chunk_bytes_says_which_is_the_last(self):
        def chunks(data):
            return list(HandlerOf.chunk_bytes(data))

        assert chunks(b"") == [(b"", True)]
        assert chunks(b"012345678") == [(b"012345678", True)]
        assert chunks(b"0123456789") == [(b"0123456789", True)]
        assert chunks(b"0123456789a") == [(b"0123456789", False), (b"a", True)]

    def test_a_response_can_be_encoded_without_a_request(self):
        (message,) = AsgiHandler.encode_response(HttpResponse("by a consumer"))
        assert message["content"] == b"by a consumer"

    def test_messages_can_travel(self, layer):
        response = HttpResponse("text")
        response.set_cookie("a", "b")
        (message,) = AsgiHandler.encode_response(response)
        layer.send(REPLY, message)
        assert layer.receive([REPLY])[1]["headers"][1] == [b"Set-Cookie", b"a=b; Path=/"]


class TestViewConsumer:
    def received(self, layer) -> list[dict]:
        replies = []
        while (content := layer.receive([REPLY])[1]) is not None:
            replies.append(content)
        return replies

    def test_the_only_reply_leaves_when_the_consumer_returns(self, layer):
        with collect_sends() as pending:
            ViewConsumer()(make_message(layer, "/hello/"))
        assert self.received(layer) == []
        send_pending(pending)
        assert self.received(layer)[0]["content"] == b"Hello world below /"

    def test_parts_leave_as_soon_as_they_are_made(self, layer):
        with collect_sends():
            ViewConsumer()(make_message(layer, "/stream/"))
            assert [reply["content"] for reply in self.received(layer)] == [b"0", b"1", b"2", b""]

    def test_the_last_part_waits_too_for_a_client_that_reads_slowly(self, layer, monkeypatch):
        monkeypatch.setattr("channels.pending.RETRY_SECONDS", 0.1)

        def parts():
            yield "text"
            layer.channel_layer.choke(REPLY, True)

        class Consumer(ViewConsumer):
            def __init__(self):
                self.handler = HandlerOf(StreamingHttpResponse(parts()))

        def consume():
            with collect_sends() as pending:
                Consumer()(make_message(layer, "/"))
            send_pending(pending)

        consumer = threading.Thread(target=consume)
        consumer.start()
        consumer.join(0.5)
        layer.channel_layer.choke(REPLY, False)
        consumer.join()
        assert [reply["content"] for reply in self.received(layer)] == [b"text", b""]

    def test_parts_wait_for_a_client_that_reads_slowly(self, layer):
        made = []

        def parts():
            for number in range(12):
                made.append(number)
                yield str(number)

        class Consumer(ViewConsumer):
            def __init__(self):
                self.handler = HandlerOf(StreamingHttpResponse(parts()))

        consumer = threading.Thread(target=Consumer(), args=[make_message(layer, "/")])
        consumer.start()
        contents = []
        while contents[-1:] != [b""]:
            contents.append(layer.receive([REPLY], block=True)[1]["content"])
            assert len(made) <= len(contents) + layer.capacity + 1
        consumer.join()
        assert contents == [str(number).encode() for number in range(12)] + [b""]

    def test_a_response_whose_client_has_left_is_stopped_and_closed(self, layer, caplog):
        caplog.set_level(logging.WARNING)
        made, closed = [], []

        def parts():
            for number in range(5):
                made.append(number)
                yield str(number)
                if number == 1:
                    layer.channel_layer.hang_up(REPLY)

        response = StreamingHttpResponse(parts())
        response.close = lambda: closed.append(True)

        class Consumer(ViewConsumer):
            def __init__(self):
                self.handler = HandlerOf(response)

        with collect_sends() as pending:
            Consumer()(make_message(layer, "/"))
        assert (made, closed, pending) == ([0, 1, 2], [True], [])
        assert [reply["content"] for reply in self.received(layer)] == [b"0", b"1"]
        assert caplog.records == []

    def test_a_client_that_does_not_read_is_given_up(self, layer, monkeypatch):
        monkeypatch.setattr("channels.handler.FULL_SECONDS", 0)
        layer.channel_layer.capacity = 0
        with collect_sends(), pytest.raises(layer.ChannelFull):
            ViewConsumer()(make_message(layer, "/stream/"))

    def test_a_stream_that_fails_before_it_begins_is_a_server_error(self, layer):
        with pytest.raises(LookupError):
            ViewConsumer()(make_message(layer, "/fail-to-stream/"))
        (reply,) = self.received(layer)
        assert reply["status"] == 500

    @pytest.mark.parametrize(
        ("path", "error"), [("/leave/", SystemExit), ("/cancel/", asyncio.CancelledError)]
    )
    def test_a_view_that_leaves_its_worker_is_a_server_error(self, layer, path, error):
        with pytest.raises(error):
            ViewConsumer()(make_message(layer, path))
        (reply,) = self.received(layer)
        assert reply["status"] == 500

    def test_a_child_that_a_view_forks_answers_nobody(self, redis_layer):
        call = Call(ViewConsumer(), make_message(redis_layer, "/fork/"), {}, None)
        call.run()
        assert len(call.pending) == 1
        assert redis_layer.receive([call.pending[0][1].name]) == (None, None)

    def test_a_stream_that_fails_halfway_is_broken_off(self, layer):
        with pytest.raises(LookupError):
            ViewConsumer()(make_message(layer, "/stream-and-fail/"))
        begun, broken_off = self.received(layer)
        assert begun["content"] == b"a beginning"
        assert broken_off == {"closed": True}

    def test_a_request_without_reply_channel_is_an_error(self, layer):
        message = Message({"method": "GET", "path": "/hello/"}, "http.request", layer)
        with pytest.raises(ValueError, match="reply_channel"):
            ViewConsumer()(message)
