"""Tests of asgi_redis.hosts: the `hosts` setting."""

import asyncio
from urllib.parse import urlencode

import pytest
import redis

from asgi_redis.hosts import SentinelServer, sentinel_servers, url_servers
from tests.support.ports import free_port

# What a layer could not work with.
OVERRIDES = {"protocol": 3, "client_name": "web", "socket_timeout": 0.5}


class TestUrls:
    def test_urls_and_pairs_can_be_mixed(self):
        servers = url_servers(["redis://a:1/2", ("b", 2), ["c", "3"], "unix:///tmp/r.sock"], {})
        assert [server.address for server in servers] == [
            "redis://a:1/2",
            "redis://b:2",
            "redis://c:3",
            "unix:///tmp/r.sock",
        ]

    @pytest.mark.parametrize("hosts", [None, []])
    def test_without_any_it_is_localhost(self, hosts):
        assert [server.address for server in url_servers(hosts, {})] == ["redis://localhost:6379"]

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

    @pytest.mark.parametrize(
        ("host", "options"),
        [("redis://a:1?" + urlencode(OVERRIDES), {}), ("redis://a:1", OVERRIDES)],
        ids=["in the URL", "in the options"],
    )
    def test_what_the_layer_rests_on_wins_over_the_settings(self, host, options):
        [server] = url_servers([host], options)
        check_what_the_layer_rests_on(server)

    def test_a_pair_leaves_the_database_to_the_options(self):
        [server] = url_servers([("a", 1)], {"db": 3})
        for pool in (server.sync_pool(3.0), server.async_pool()):
            assert pool.connection_kwargs["db"] == 3

    @pytest.mark.parametrize("name", ["::1", "[::1]"])
    def test_a_pair_may_have_an_ipv6_address(self, name):
        [server] = url_servers([(name, 6380)], {})
        assert server.address == "redis://[::1]:6380"
        for pool in (server.sync_pool(3.0), server.async_pool()):
            kwargs = pool.connection_kwargs
            assert (kwargs["host"], kwargs["port"]) == ("::1", 6380)


def check_what_the_layer_rests_on(server):
    """Replies are read in one protocol, reads wait as they are told, and a worker has its name."""
    waiting = server.sync_pool(3.0, client_name="worker").connection_kwargs
    assert (waiting["client_name"], waiting["socket_timeout"]) == ("worker", 3.0)
    assert server.async_pool().connection_kwargs["socket_timeout"] is None
    for pool in (server.sync_pool(3.0), server.async_pool()):
        assert pool.connection_kwargs["protocol"] == 2
        # The others name their connections as they like.
        assert pool.connection_kwargs["client_name"] == "web"


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

    def test_what_is_neither_url_nor_pair_is_refused(self):
        with pytest.raises(ValueError, match="URLs or .host, port. pairs, not 7"):
            sentinel_servers([7], ["one"], {})

    @pytest.mark.parametrize("services", [["one"], None])
    def test_a_file_for_their_tls_has_to_be_there(self, services):
        with pytest.raises(ValueError, match="^ssl_ca_certs is '/no/ca.pem', but"):
            sentinel_servers(["rediss://a:1?ssl_ca_certs=/no/ca.pem"], services, {})

    def test_without_services_a_sentinel_has_to_answer(self):
        port = free_port()
        reason = f"No sentinel tells its services; name them.*{port}.*cannot be reached"
        with pytest.raises(ValueError, match=reason):
            sentinel_servers([("127.0.0.1", port)], None, {})

    def test_what_the_layer_rests_on_wins_over_the_options(self):
        [server] = sentinel_servers([("a", 1)], ["one"], OVERRIDES)
        check_what_the_layer_rests_on(server)

    def test_where_none_of_them_answers_the_primary_is_not_known(self):
        [server] = sentinel_servers([("127.0.0.1", free_port())], ["main"], {})
        assert server.find() is None
        assert asyncio.run(server.find_async()) is None

    def test_a_primary_that_no_sentinel_knows_is_a_connection_error(self):
        [server] = sentinel_servers([("127.0.0.1", free_port())], ["one"], {})
        with pytest.raises(redis.ConnectionError):
            server.sync_pool(1.0).get_connection()
