"""Tests of asgi_redis.hosts: the `hosts` setting."""

import asyncio

import pytest
import redis

from asgi_redis.hosts import SentinelServer, sentinel_servers, url_servers
from tests.support.ports import free_port


class TestUrls:
    def test_urls_and_pairs_can_be_mixed(self):
        servers = url_servers(["redis://a:1/2", ("b", 2), ["c", "3"], "unix:///tmp/r.sock"], {})
        assert [server.address for server in servers] == [
            "redis://a:1/2",
            "redis://b:2/0",
            "redis://c:3/0",
            "unix:///tmp/r.sock",
        ]

    @pytest.mark.parametrize("hosts", [None, []])
    def test_without_any_it_is_localhost(self, hosts):
        assert [server.address for server in url_servers(hosts, {})] == ["redis://localhost:6379/0"]

    @pytest.mark.parametrize("hosts", ["redis://a:1", b"redis://a:1"])
    def test_a_bare_string_is_refused_with_what_to_write(self, hosts):
        with pytest.raises(ValueError, match=r"hosts must be a list.*write \["):
            url_servers(hosts, {})

    @pytest.mark.parametrize("host", [7, ("a",), ("a", 1, 2), None])
    def test_anything_else_is_refused(self, host):
        with pytest.raises(ValueError, match="URLs or .host, port. pairs"):
            url_servers([host], {})

    @pytest.mark.parametrize(
        "url",
        [
            "redis://:secret@a:1/0",
            "rediss://me:se@cret@a:1/0",
            "unix://:secret@/r.sock",
            "unix:///r.sock?password=secret",
            "redis://a:1/0?password=se@cret",
        ],
    )
    def test_messages_never_hold_a_password(self, url):
        [server] = url_servers([url], {})
        assert "secret" not in server.address
        assert "cret" not in server.address

    def test_connections_have_what_the_url_and_the_options_say(self):
        [server] = url_servers(["redis://me:secret@a:1/5"], {"socket_connect_timeout": 9})
        for pool in (server.sync_pool(3.0, client_name="worker"), server.async_pool()):
            kwargs = pool.connection_kwargs
            assert (kwargs["username"], kwargs["password"], kwargs["db"]) == ("me", "secret", 5)
            assert kwargs["socket_connect_timeout"] == 9
            assert kwargs["socket_keepalive"] is True

    def test_a_unix_socket_gets_no_options_of_a_network(self):
        [server] = url_servers(["unix:///no/such/socket"], {})
        for pool in (server.sync_pool(3.0), server.async_pool()):
            assert pool.make_connection().path == "/no/such/socket"

    def test_a_read_waits_as_long_as_it_is_told_to(self):
        [server] = url_servers(["redis://a:1"], {})
        assert server.sync_pool(3.0).connection_kwargs["socket_timeout"] == 3.0
        assert server.async_pool().connection_kwargs["socket_timeout"] is None


class TestSentinels:
    def test_there_is_a_server_for_every_service(self):
        servers = sentinel_servers([("a", 1)], ["two", "one"], {})
        assert all(isinstance(server, SentinelServer) for server in servers)
        # In an order that every process finds, for channels are shared among them by number.
        assert [server.address for server in servers] == ["sentinel://one", "sentinel://two"]

    @pytest.mark.parametrize(
        ("hosts", "services"), [("redis://a:1", ["one"]), ([("a", 1)], "one"), (b"a", None)]
    )
    def test_bare_strings_are_refused(self, hosts, services):
        with pytest.raises(ValueError, match="must be lists, even of one entry"):
            sentinel_servers(hosts, services, {})

    def test_urls_are_refused(self):
        with pytest.raises(ValueError, match="'redis://a:1'"):
            sentinel_servers(["redis://a:1"], ["one"], {})

    def test_without_services_a_sentinel_has_to_answer(self):
        port = free_port()
        with pytest.raises(ValueError, match=f"No sentinel at .*{port}.*name the services"):
            sentinel_servers([("127.0.0.1", port)], None, {})

    def test_where_none_of_them_answers_the_primary_is_not_known(self):
        [server] = sentinel_servers([("127.0.0.1", free_port())], ["main"], {})
        assert server.find() is None
        assert asyncio.run(server.find_async()) is None

    def test_a_primary_that_no_sentinel_knows_is_a_connection_error(self):
        [server] = sentinel_servers([("127.0.0.1", free_port())], ["one"], {})
        with pytest.raises(redis.ConnectionError):
            server.sync_pool(1.0).get_connection()
