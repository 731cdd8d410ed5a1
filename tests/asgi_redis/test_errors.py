"""Tests of asgi_redis.errors: what is wrong with Redis, in words."""

import asyncio
from collections.abc import Callable

import pytest
import redis.exceptions as driver
from redis._parsers.base import BaseParser

from asgi_redis.aionode import AsyncNode
from asgi_redis.errors import (
    check_version,
    is_no_primary,
    is_stream_missing,
    is_wrong_type,
    trouble,
    unavailable,
)
from channels.layers.exceptions import (
    AccessDenied,
    LayerUnavailable,
    RefusedForNow,
    UnsupportedServer,
)


def refusal(answer: str) -> Exception:
    """Returns what redis-py makes of a server's error."""
    return BaseParser.parse_error(answer)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (refusal("WRONGPASS invalid username-password pair"), "put it into the hosts URL"),
        (refusal("NOAUTH Authentication required."), "behind Sentinel into connection_kwargs"),
        (refusal("READONLY You can't write against a read only replica."), "it is a replica"),
        (refusal("MISCONF Errors writing to the AOF file: No space left"), "look at its disk"),
        (refusal("OOM command not allowed when used memory > 'maxmemory'."), "raise its maxmemory"),
        (refusal("NOREPLICAS Not enough good replicas to write."), "too few replicas"),
        (
            refusal("NOPERM this user has no permissions"),
            "commands on keys that begin with the prefix",
        ),
        (refusal("LOADING Redis is loading the dataset in memory"), "still loading"),
        (refusal("BUSY Redis is busy running a script."), "busy with a script"),
        (refusal("ERR unknown command"), "unknown command"),
        (driver.TimeoutError("Timeout reading"), "no answer in time"),
        (TimeoutError(), "no answer in time"),
        (driver.ConnectionError("Connection refused"), "cannot be reached"),
        (OSError(), "cannot be reached; is it running, and is this its address? (OSError)"),
    ],
)
def test_the_error_names_the_server_and_what_to_do(error, words):
    found = unavailable("redis://a:1", error)
    assert isinstance(found, LayerUnavailable)
    assert str(found).startswith("Redis at redis://a:1: ")
    assert words in str(found)


def test_a_wrong_password_is_told_from_a_server_that_is_away():
    assert isinstance(unavailable("a", refusal("NOAUTH Authentication required.")), AccessDenied)
    assert not isinstance(unavailable("a", driver.ConnectionError("refused")), AccessDenied)


def test_the_trouble_is_the_same_whatever_the_particulars():
    first, second, other = (
        trouble(unavailable("a", error))
        for error in (driver.ConnectionError("refused"), OSError("reset"), TimeoutError())
    )
    assert first == second != other


@pytest.mark.parametrize("code", ["READONLY", "NOREPLICAS", "MASTERDOWN"])
def test_a_server_that_may_have_been_replaced_is_known(code):
    assert is_no_primary(refusal(f"{code} for a reason"))
    assert not is_no_primary(refusal("OOM for a reason"))


@pytest.mark.parametrize(
    ("code", "passes"), [("OOM", True), ("MISCONF", True), ("NOPERM", False), ("WRONGTYPE", False)]
)
def test_what_is_refused_for_now_is_told_from_what_is_refused_for_good(code, passes):
    error = unavailable("a", refusal(f"{code} for a reason"))
    assert isinstance(error, RefusedForNow) is passes


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
    assert is_stream_missing(refusal(text)) is missing


def test_a_key_of_another_type_is_told_from_other_errors():
    assert is_wrong_type(refusal("WRONGTYPE Operation against a key holding the wrong kind"))
    assert not is_wrong_type(refusal("NOGROUP No such key"))


def attempts(layer) -> list[Callable[[], object]]:
    """Returns every way to connect to a layer's server."""
    line = AsyncNode(layer.servers[0]).line(5)
    return [
        layer.ping,
        lambda: layer.nodes[0].line(5, "test").execute([("PING",)]),
        lambda: asyncio.run(line.execute([("PING",)])),
    ]


def test_a_server_that_is_too_old_is_told_as_such_by_whoever_connects(redis_layer, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("asgi_redis.errors.MINIMUM_VERSION", (99, 0))
        for attempt in attempts(redis_layer):
            with pytest.raises(UnsupportedServer, match="^Redis at [^ ]* is version"):
                attempt()


def test_a_user_that_may_not_ask_for_the_version_is_told_what_to_give_it(valkey, layer_on):
    with valkey.client() as client:
        client.execute_command("ACL SETUSER app on >word ~* &* +@all -info")
    layer = layer_on(hosts=[f"redis://app:word@127.0.0.1:{valkey.port}/0"])
    for attempt in attempts(layer):
        with pytest.raises(LayerUnavailable, match="its user may not do this; give it all"):
            attempt()
    with valkey.client() as client:
        client.execute_command("ACL SETUSER app +info")
    layer.ping()
