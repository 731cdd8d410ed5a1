"""Tests of asgi_redis.node: one server, as blocking code talks to it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
import redis
from redis.exceptions import ResponseError

import asgi_redis.errors
import asgi_redis.node
from asgi_redis import scripts
from asgi_redis.hosts import url_servers
from asgi_redis.node import Line, Node
from channels.layers.exceptions import LayerUnavailable, UnsupportedServer
from tests.support.waiting import wait_until


@pytest.fixture
def make_node(redis_url):
    made = []

    def make(url: str = redis_url, **options: Any) -> Node:
        made.append(Node(url_servers([url], options)[0]))
        return made[-1]

    yield make
    for node in made:
        node.close()


@pytest.fixture
def node(make_node) -> Node:
    return make_node()


class TestExecute:
    def test_many_commands_go_in_one_round_trip(self, node, prefix):
        key = f"{prefix}key"
        assert node.execute([("SET", key, "1"), ("INCR", key), ("GET", key)]) == [b"OK", 2, b"2"]

    def test_a_refused_command_is_a_reply_beside_the_others(self, node, prefix):
        key = f"{prefix}key"
        ok, refused, value = node.execute([("SET", key, "a"), ("INCR", key), ("GET", key)])
        assert (ok, value) == (b"OK", b"a")
        assert isinstance(refused, ResponseError)

    def test_one_that_has_to_work_is_an_error_when_it_is_refused(self, node):
        with pytest.raises(LayerUnavailable, match="unknown command"):
            node.run(("NONSENSE",))

    def test_scripts_that_the_server_has_forgotten_are_loaded_again(self, node, prefix):
        key = f"{prefix}choked"
        choke = scripts.choke([key], "p!1", 1000, 1)
        node.run(("SCRIPT", "FLUSH"))
        assert node.execute([("EXISTS", key), choke])[0] == 0
        assert node.run(("ZCARD", key)) == 1
        assert node.run(choke) is None

    @pytest.mark.parametrize("connect", [lambda node: node, lambda node: node.line(5.0, "line")])
    def test_commands_keep_their_order_though_another_loads_scripts_among_them(
        self, make_node, valkey, connect
    ):
        end = connect(make_node(valkey.url))
        for _ in range(2):
            first, second = (scripts.send(["s", "n"], 9, 9999, "g", 9, data) for data in "ab")
            end.execute([first, scripts.send.load, second])
            [entries] = end.execute([("XRANGE", "s", "-", "+")])
            assert [fields[1] for _, fields in entries] == [b"a", b"b"]
            valkey.restart()
            with suppress(LayerUnavailable):  # a line has to find out
                end.execute([("PING",)])
        end.close()

    def test_a_user_that_may_not_load_scripts_can_run_those_that_are_there(self, make_node, valkey):
        choke = scripts.choke(["choked"], "p!1", 1000, 1)
        with valkey.client() as client:
            client.execute_command("ACL SETUSER app on >word ~* &* +@all -script")
            node = make_node(f"redis://app:word@127.0.0.1:{valkey.port}/0")
            with pytest.raises(LayerUnavailable, match=r"may not do this.*script\|load"):
                node.run(choke)
            client.script_load(scripts.choke.text)
        node.run(choke)
        assert node.run(("ZCARD", "choked")) == 1

    def test_more_threads_than_redis_py_expects_each_get_a_connection(self, node, prefix):
        count, key = 101, f"{prefix}list"
        with ThreadPoolExecutor(count) as pool:
            waiting = [pool.submit(node.run, ("BLPOP", key, 4)) for _ in range(count)]

            def all_wait() -> bool:
                return node.run(("CLIENT", "LIST")).count(b"cmd=blpop") >= count

            try:
                wait_until(all_wait, "all of them to wait")
            finally:
                node.run(("RPUSH", key, *range(count)))
        assert {int(thread.result()[1]) for thread in waiting} == set(range(count))

    def test_threads_may_share_it(self, node, prefix):
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: node.run(("INCR", f"{prefix}count")), range(200)))
        assert node.run(("GET", f"{prefix}count")) == b"200"


class TestOutages:
    def test_an_absent_server_is_named(self, make_node):
        with pytest.raises(LayerUnavailable, match=r"Redis at redis://127\.0\.0\.1:1/0"):
            make_node("redis://127.0.0.1:1/0").run(("PING",))

    def test_it_works_again_when_the_server_is_back(self, make_node, valkey):
        node = make_node(valkey.url)
        assert node.run(("PING",)) == b"PONG"
        valkey.stop()
        with pytest.raises(LayerUnavailable):
            node.run(("PING",))
        valkey.start()
        assert node.run(("PING",)) == b"PONG"

    def test_where_one_connection_is_dead_no_other_is_waited_for(
        self, make_node, valkey, proxy, monkeypatch
    ):
        monkeypatch.setattr(asgi_redis.node, "TIMEOUT_SECONDS", 0.5)
        node = make_node(f"redis://127.0.0.1:{proxy.port}/0")
        line = node.line(0.5, "line")
        with ThreadPoolExecutor(4) as pool:  # each in need of a connection of its own
            assert len(set(pool.map(lambda _: node.run(("BLPOP", "none", 0.1)), range(4)))) == 1
        line.execute([("PING",)])
        proxy.cut()
        proxy.mend()
        with pytest.raises(LayerUnavailable, match="no answer in time"):
            node.run(("PING",))
        assert [node.run(("PING",)) for _ in range(4)] == [b"PONG"] * 4
        assert line.execute([("PING",)]) == [b"PONG"]
        line.close()

    def test_while_one_caller_tries_a_server_that_hangs_the_others_need_not(
        self, make_node, valkey, monkeypatch
    ):
        monkeypatch.setattr(asgi_redis.node, "TIMEOUT_SECONDS", 3.0)
        node = make_node(valkey.url)
        node.run(("PING",))
        assert node.away is None
        valkey.pause()
        with pytest.raises(LayerUnavailable, match="no answer in time"):
            node.run(("PING",))
        with ThreadPoolExecutor(1) as pool:
            trying = pool.submit(node.run, ("PING",))
            wait_until(lambda: node._retry_at, "the other to try")
            with pytest.raises(LayerUnavailable, match="no answer in time"):
                node.run(("PING",))
            assert not trying.done()
            valkey.resume()
            assert trying.result() == b"PONG"
        assert node.away is None
        assert node.run(("PING",)) == b"PONG"

    @pytest.mark.parametrize("code", ["READONLY", "NOREPLICAS"])
    def test_a_server_that_may_not_be_the_primary_is_connected_to_anew(
        self, make_node, valkey, code
    ):
        node = make_node(valkey.url)
        before = node.run(("CLIENT", "ID"))
        with valkey.client() as client:
            if code == "READONLY":
                client.replicaof("127.0.0.1", "1")
            else:
                client.config_set("min-replicas-to-write", "1")
        with pytest.raises(LayerUnavailable, match="replica"):
            node.execute([("SET", "key", "1")])
        assert node.run(("CLIENT", "ID")) != before

    def test_connections_do_not_grow_in_number(self, make_node, valkey):
        node = make_node(valkey.url)
        for _ in range(50):
            node.run(("PING",))
        assert len(node.run(("CLIENT", "LIST")).splitlines()) == 1

    def test_a_server_that_is_too_old_is_told_apart(self, node, monkeypatch):
        monkeypatch.setattr(asgi_redis.errors, "MINIMUM_VERSION", (99, 0))
        with pytest.raises(UnsupportedServer, match="is version"):
            node.run(("PING",))
        line = node.line(5.0, "line")
        for _ in range(2):
            with pytest.raises(UnsupportedServer, match="is version"):
                line.execute([("PING",)])
        line.close()


class TestLine:
    def test_it_keeps_one_connection_with_its_name(self, node):
        line = node.line(5.0, "a-name-of-this-test")
        first, second = (line.execute([("CLIENT", "ID")])[0] for _ in range(2))
        assert first == second
        assert b"name=a-name-of-this-test" in node.run(("CLIENT", "LIST"))
        line.close()
        wait_until(
            lambda: b"name=a-name-of-this-test" not in node.run(("CLIENT", "LIST")), "its end"
        )

    def test_what_is_posted_is_answered_with_the_next(self, node, prefix):
        line = node.line(5.0, "line")
        line.post([("SET", f"{prefix}key", "a"), ("INCR", f"{prefix}key")])
        assert line.execute([("GET", f"{prefix}key")]) == [b"a"]
        assert line.refused == [("INCR", f"{prefix}key")]
        assert line.unanswered() == [("INCR", f"{prefix}key")]
        assert line.refused == []
        line.close()

    def test_what_was_posted_before_a_connection_broke_is_sent_again(self, node, prefix):
        line = node.line(5.0, "line")
        line.post([("INCR", f"{prefix}key")])
        wait_until(lambda: node.run(("GET", f"{prefix}key")) == b"1", "it to be done")
        line.close()
        assert line.execute([("GET", f"{prefix}key")]) == [b"2"]
        line.close()

    @pytest.mark.parametrize("end", [Line.close, lambda line: None], ids=["closed", "open"])
    def test_or_left_to_somebody_else(self, node, prefix, end):
        line = node.line(5.0, "line")
        line.post([("INCR", f"{prefix}key")])
        end(line)
        assert line.unanswered() == [("INCR", f"{prefix}key")]
        assert line.execute([("PING",)]) == [b"PONG"]
        line.close()

    def test_the_answer_to_a_wait_that_was_left_is_nobody_elses(self, node, prefix):
        line = node.line(5.0, "line")
        line.write([("BLPOP", f"{prefix}nothing", 0.01)])
        assert line.unanswered() == []
        assert line.execute([("PING",)]) == [b"PONG"]
        line.close()

    def test_a_wait_can_be_ended_from_outside(self, node, prefix):
        line = node.line(30.0, "waiting")
        command = ("BLPOP", f"{prefix}nothing", 20)
        line.write([command])
        timer = threading.Timer(0.05, line.interrupt)
        timer.start()
        assert line.read([command]) == [None]
        timer.join()
        line.close()

    def test_without_the_right_to_end_a_wait_it_takes_its_time_and_that_is_told_once(
        self, make_node, valkey, caplog
    ):
        with valkey.client() as client:
            client.execute_command("ACL SETUSER app on >word ~* +@all -client|unblock")
        line = make_node(f"redis://app:word@127.0.0.1:{valkey.port}/0").line(5.0, "waiting")
        command = ("BLPOP", "nothing", 0.1)
        for _ in range(2):
            line.write([command])
            line.interrupt()
            assert line.read([command]) == [None]
        assert caplog.text.count("cannot end a wait") == 1
        assert "its user may not do this" in caplog.text
        with valkey.client() as client:
            client.execute_command("ACL SETUSER app +client|unblock")
        line.interrupt()
        assert "that is over" in caplog.text
        line.close()

    def test_one_whose_id_may_not_be_asked_for_is_not_used(self, make_node, valkey):
        with valkey.client() as client:
            client.execute_command("ACL SETUSER app on >word ~* +@all -client|id")
            line = make_node(f"redis://app:word@127.0.0.1:{valkey.port}/0").line(5.0, "line")
            for _ in range(2):
                with pytest.raises(LayerUnavailable, match=r"may not do this.*client\|id"):
                    line.execute([("PING",)])
            client.execute_command("ACL SETUSER app +client|id")
        assert line.execute([("PING",)]) == [b"PONG"]
        line.close()

    def test_it_is_made_again_after_it_broke(self, make_node, valkey):
        line = make_node(valkey.url).line(5.0, "broken")
        assert line.execute([("PING",)]) == [b"PONG"]
        valkey.restart()
        with pytest.raises(LayerUnavailable):
            line.execute([("PING",)])
        assert line.execute([("PING",)]) == [b"PONG"]
        line.close()

    def test_connections_that_broke_leave_room_for_the_next(self, make_node, redis_url):
        node = make_node(max_connections=2)
        line = node.line(5.0, "breaking")
        with redis.Redis.from_url(redis_url) as client:
            for _ in range(4):
                [name] = line.execute([("CLIENT", "ID")])
                client.client_kill_filter(_id=name)
                with pytest.raises(LayerUnavailable, match="closed"):
                    line.execute([("PING",)])
        assert line.execute([("PING",)]) == [b"PONG"]
        line.close()
