"""Tests of channels.request: messages as Django's requests."""

import io

import pytest
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import RawPostDataException
from django.http.multipartparser import MultiPartParserError

from channels.exceptions import RequestAborted, RequestTimeout, ResponseLater
from channels.layers.memory import InMemoryChannelLayer
from channels.message import Message
from channels.request import AsgiRequest

FORM = [[b"content-type", b"application/x-www-form-urlencoded"]]
BODY_CHANNEL = "http.request.body?abc"


def make_message(layer=None, **content) -> Message:
    content = {"reply_channel": "test!reply", "method": "GET", "path": "/", **content}
    return Message(content, "http.request", layer or InMemoryChannelLayer())


def make_request(layer=None, **content) -> AsgiRequest:
    return AsgiRequest(make_message(layer, **content))


def multipart(*parts: bytes, boundary: bytes = b"BOUNDARY") -> dict:
    """A message's content for a form with files."""
    body = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    body += b"--" + boundary + b"--\r\n"
    return {
        "method": "POST",
        "body": body,
        "headers": [
            [b"content-type", b"multipart/form-data; boundary=" + boundary],
            [b"content-length", str(len(body)).encode()],
        ],
    }


def field(name: bytes, value: bytes, filename: bytes = b"") -> bytes:
    disposition = b'Content-Disposition: form-data; name="' + name + b'"'
    if filename:
        disposition += b'; filename="' + filename + b'"'
    return disposition + b"\r\n\r\n" + value


def test_a_message_with_nothing_optional():
    message = make_message(path="/test/")
    request = AsgiRequest(message)
    assert request.message is message
    assert request.reply_channel is message.reply_channel
    assert (request.method, request.path, request.path_info) == ("GET", "/test/", "/test/")
    assert request.scheme == "http"
    assert (request.META["SERVER_NAME"], request.META["SERVER_PORT"]) == ("unknown", "0")
    assert "REMOTE_ADDR" not in request.META
    assert not any([request.GET, request.POST, request.FILES, request.COOKIES, request.body])
    assert request.resolver_match is None
    assert AsgiRequest.ResponseLater is ResponseLater


def test_meta_holds_addresses_and_headers():
    request = make_request(
        method="put",
        client=["10.0.0.1", 1234],
        server=["10.0.0.2", 80],
        scheme="https",
        query_string=b"a=b",
        headers=[[b"host", b"example.com"], [b"x-caf\xe9", b"\xe9"], [b"accept", b"text/html"]],
    )
    assert request.META == {
        "REQUEST_METHOD": "PUT",
        "QUERY_STRING": "a=b",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "REMOTE_ADDR": "10.0.0.1",
        "REMOTE_HOST": "10.0.0.1",
        "REMOTE_PORT": 1234,
        "SERVER_NAME": "10.0.0.2",
        "SERVER_PORT": "80",
        "HTTP_HOST": "example.com",
        "HTTP_X_CAFÉ": "é",
        "HTTP_ACCEPT": "text/html",
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
    }
    assert request.is_secure()
    assert request.headers["Accept"] == "text/html"
    assert request.accepts("text/html")


def test_absolute_urls_are_built_from_the_host_header(settings):
    settings.ALLOWED_HOSTS = ["example.com"]
    request = make_request(
        path="/a b", query_string=b"q=1", headers=[[b"host", b"example.com:8000"]]
    )
    assert request.build_absolute_uri() == "http://example.com:8000/a%20b?q=1"


def test_without_a_host_header_the_server_is_the_host(settings):
    settings.ALLOWED_HOSTS = ["10.0.0.2"]
    assert make_request(server=["10.0.0.2", 8000]).get_host() == "10.0.0.2:8000"


def test_headers_that_came_several_times_are_joined():
    request = make_request(
        headers=[
            [b"accept", b"text/html"],
            [b"cookie", b"a=1"],
            [b"accept", b"text/plain"],
            [b"cookie", b"b=2"],
        ]
    )
    assert request.META["HTTP_ACCEPT"] == "text/html,text/plain"
    assert request.COOKIES == {"a": "1", "b": "2"}


def test_a_header_with_an_underscore_cannot_stand_for_another():
    request = make_request(headers=[[b"x_forwarded_for", b"forged"], [b"x-forwarded-for", b"1"]])
    assert request.META["HTTP_X_FORWARDED_FOR"] == "1"


def test_headers_may_be_a_dict_as_in_early_messages():
    request = make_request(headers={"host": b"example.com", "content-length": b"0"})
    assert request.META["HTTP_HOST"] == "example.com"
    assert request.META["CONTENT_LENGTH"] == "0"


@pytest.mark.parametrize("query_string", [b"x=1&y=%26foo+bar%2Bbaz", "x=1&y=%26foo+bar%2Bbaz"])
def test_the_query_string_is_parsed(query_string):
    request = make_request(query_string=query_string)
    assert request.GET.dict() == {"x": "1", "y": "&foo bar+baz"}
    assert request.META["QUERY_STRING"] == "x=1&y=%26foo+bar%2Bbaz"


def test_the_query_string_follows_the_encoding_of_the_request():
    request = make_request(query_string=b"name=Andr%E9")
    request.encoding = "latin-1"
    assert request.GET["name"] == "André"


@pytest.mark.parametrize("content", [{"query_string": b"\xff"}, {"path": b"/\xff"}])
def test_what_is_not_utf8_is_an_error(content):
    with pytest.raises(UnicodeDecodeError):
        make_request(**content)


@pytest.mark.parametrize(
    ("root_path", "path", "path_info"),
    [
        ("/app", "/app/page", "/page"),
        ("/app/", "/app/page", "/page"),
        ("/app", "/app", "/"),
        ("/app", "/application", "/application"),
        ("/app", "/page", "/page"),
        ("", "/page", "/page"),
        (None, "/page", "/page"),
    ],
)
def test_the_root_path_leads_to_the_application(root_path, path, path_info):
    request = make_request(path=path, root_path=root_path)
    assert (request.path, request.path_info) == (path, path_info)
    assert request.META["SCRIPT_NAME"] == (root_path or "").rstrip("/")


def test_force_script_name_wins_over_the_root_path(settings):
    settings.FORCE_SCRIPT_NAME = "/forced"
    request = make_request(path="/forced/page", root_path="/app")
    assert (request.script_name, request.path_info) == ("/forced", "/page")


def test_a_handshake_is_a_request_too():
    message = Message(
        {"path": "/chat/", "query_string": b"room=1"}, "websocket.connect", InMemoryChannelLayer()
    )
    request = AsgiRequest(message)
    assert (request.method, request.GET["room"], request.reply_channel) == ("GET", "1", None)


def test_a_posted_form_is_parsed():
    body = b"ponies=are+awesome"
    request = make_request(method="POST", query_string=b"django=great", body=body, headers=FORM)
    assert request.POST.dict() == {"ponies": "are awesome"}
    assert request.GET.dict() == {"django": "great"}
    assert request.body == body


def test_a_form_that_comes_in_parts_is_parsed():
    layer = InMemoryChannelLayer()
    layer.send(BODY_CHANNEL, {"content": b"re=fou", "more_content": True})
    layer.send(BODY_CHANNEL, {"content": b"r+lights"})
    request = make_request(
        layer, method="POST", body=b"there_a", body_channel=BODY_CHANNEL, headers=FORM
    )
    assert request.POST.dict() == {"there_are": "four lights"}


def test_post_can_be_set():
    request = make_request(method="POST", body=b"a=1", headers=FORM)
    request.POST = {"b": "2"}
    assert request.POST == {"b": "2"}


def test_uploads_go_through_djangos_handlers(settings, tmp_path):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    book = b"x" * 200_000
    content = multipart(field(b"title", b"My Book"), field(b"pdf", book, filename=b"book.pdf"))
    layer = InMemoryChannelLayer()
    body = content.pop("body")
    for start in range(0, len(body), 50_000):
        part = {"content": body[start : start + 50_000], "more_content": start + 50_000 < len(body)}
        layer.send(BODY_CHANNEL, part)
    request = make_request(layer, body_channel=BODY_CHANNEL, **content)
    assert request.POST["title"] == "My Book"
    upload = request.FILES["pdf"]
    assert isinstance(upload, TemporaryUploadedFile)
    assert upload.read() == book
    request.close()
    assert upload.closed
    assert list(tmp_path.iterdir()) == []


def test_the_body_is_a_stream():
    request = make_request(method="PUT", body=b"one\ntwo")
    assert request.read(2) == b"on"
    assert list(request) == [b"e\n", b"two"]
    with pytest.raises(RawPostDataException):
        _ = request.body


def test_closing_the_request_closes_its_body():
    request = make_request(body=b"one")
    stream = request._stream
    request.close()
    assert isinstance(stream, io.BytesIO)
    assert stream.closed


@pytest.mark.parametrize("in_parts", [False, True])
def test_a_body_over_the_limit_is_refused(settings, in_parts):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    layer = InMemoryChannelLayer()
    content = {"body": b"x" * 11}
    if in_parts:
        layer.send(BODY_CHANNEL, {"content": b"x" * 6})
        content = {"body": b"x" * 5, "body_channel": BODY_CHANNEL}
    request = make_request(layer, method="POST", headers=FORM, **content)
    with pytest.raises(RequestDataTooBig):
        _ = request.POST


def test_a_broken_multipart_body_is_an_error():
    content = multipart(boundary=b"")
    with pytest.raises(MultiPartParserError):
        _ = make_request(**content).POST


def test_a_client_that_has_left_is_noticed_at_once():
    layer = InMemoryChannelLayer()
    layer.send(BODY_CHANNEL, {"closed": True})
    with pytest.raises(RequestAborted):
        make_request(layer, method="POST", body_channel=BODY_CHANNEL)


def test_making_a_request_does_not_wait_for_its_body():
    layer = InMemoryChannelLayer()
    request = make_request(layer, method="POST", headers=FORM, body_channel=BODY_CHANNEL)
    layer.send(BODY_CHANNEL, {"content": b"late=1"})
    assert request.POST.dict() == {"late": "1"}


def test_the_patience_with_a_slow_client_is_an_attribute():
    class ImpatientRequest(AsgiRequest):
        body_receive_timeout = 0

    layer = InMemoryChannelLayer()
    layer.send(BODY_CHANNEL, {"content": b"re=fou", "more_content": True})
    with pytest.raises(RequestTimeout):
        ImpatientRequest(make_message(layer, method="POST", body_channel=BODY_CHANNEL))
