"""Tests of asgi_redis.errors: what is wrong with Redis, in words."""

import asyncio

import pytest
import redis.exceptions as driver

from asgi_redis.aionode import AsyncLine
from asgi_redis.errors import check_version, is_stream_missing, unavailable
from channels.layers.exceptions import LayerUnavailable, UnsupportedServer


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (driver.AuthenticationError("WRONGPASS"), "password; put it into the hosts URL"),
        (driver.TimeoutError("Timeout reading"), "no answer in time"),
        (TimeoutError(), "no answer in time"),
        (driver.ReadOnlyError("READONLY"), "it is a replica"),
        (driver.ResponseError("MISCONF no disk"), "look at its disk and memory"),
        (driver.OutOfMemoryError("OOM command not allowed"), "look at its disk and memory"),
        (driver.NoPermissionError("NOPERM no"), "give it all commands"),
        (driver.ConnectionError("Connection refused"), "Connection refused"),
        (OSError(), "OSError"),
    ],
)
def test_the_error_names_the_server_and_what_to_do(error, words):
    found = unavailable("redis://a:1", error)
    assert isinstance(found, LayerUnavailable)
    assert str(found).startswith("Redis at redis://a:1: ")
    assert words in str(found)


@pytest.mark.parametrize("version", ["7.0.0", "7.2.4", "8.0.1", "10.1"])
def test_new_servers_are_welcome(version):
    check_version("redis://a:1", f"# Server\r\nredis_version:{version}\r\n".encode())


@pytest.mark.parametrize("version", ["6.2.14", "5.0.0", "2.8"])
def test_old_servers_are_refused_with_both_versions(version):
    with pytest.raises(UnsupportedServer, match=rf"a:1 is version {version}.*Redis 7.0"):
        check_version("redis://a:1", f"# Server\r\nredis_version:{version}\r\n".encode())


def test_a_server_that_says_no_version_is_given_a_chance():
    check_version("redis://a:1", b"# Server\r\n")


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("NOGROUP No such key 'x'", True),
        ("UNBLOCKED the stream key no longer exists", True),
        ("MISCONF NOGROUP", False),
    ],
)
def test_a_missing_stream_is_told_from_other_errors(text, missing):
    assert is_stream_missing(driver.ResponseError(text)) is missing


def test_a_server_that_is_too_old_is_told_as_such_by_whoever_connects(redis_layer, monkeypatch):
    line = AsyncLine(redis_layer.servers[0], timeout=5)
    attempts = [
        redis_layer.ping,
        lambda: redis_layer.nodes[0].line(5, "test").execute([("PING",)]),
        lambda: asyncio.run(line.execute([("PING",)])),
    ]
    with monkeypatch.context() as patch:
        patch.setattr("asgi_redis.errors.MINIMUM_VERSION", (99, 0))
        for attempt in attempts:
            with pytest.raises(UnsupportedServer, match="^Redis at [^ ]* is version"):
                attempt()
