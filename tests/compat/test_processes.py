"""The project of Channels 1.1.8's time over real sockets, through Daphne and two workers."""

import json
from concurrent.futures import ThreadPoolExecutor
from socket import create_connection

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.support.waiting import wait_until

SECONDS = 30


def receive(socket):
    return json.loads(socket.recv(SECONDS))


class TestChat:
    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _room(cls, site):
        site.shell("from chat.models import Room; Room.objects.create(label='lobby', name='Lobby')")

    def test_a_room_that_does_not_exist_is_refused(self, site):
        with pytest.raises(InvalidStatus) as refusal, site.socket("/chat/nowhere/"):
            pass
        assert refusal.value.response.status_code == 403

    def test_messages_reach_everybody_and_the_history_reaches_who_comes_later(self, site):
        with site.socket("/chat/lobby/") as first, site.socket("/chat/lobby/") as second:
            first.send("hello")
            expected = {"handle": "guest", "text": "hello"}
            assert receive(first) == receive(second) == expected
            with site.socket("/chat/lobby/") as third:
                assert receive(third) == expected
            assert receive(first) == {"handle": "guest", "text": "left"}


class TestLiveblog:
    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _blogs(cls, site):
        site.shell("from liveblog.models import Liveblog; Liveblog.objects.create(slug='news')")

    def test_a_post_reaches_readers_when_it_is_committed_and_only_then(self, site):
        with site.socket("/liveblog/news/stream/") as reader:
            with pytest.raises(Exception, match="500"):
                site.post("/liveblog/news/posts/", body="rolled back", fail=1)
            assert site.post("/liveblog/news/posts/", body="committed") == "posted"
            frame = receive(reader)
        assert frame["payload"]["action"] == "create"
        assert frame["payload"]["data"]["body"] == "committed"
        assert frame["payload"]["data"]["liveblog__slug"] == "news"

    def test_who_may_not_change_anything_is_told_so(self, site):
        with site.socket("/liveblog/news/stream/") as reader:
            reader.send(json.dumps({"stream": "posts", "payload": {"action": "delete", "pk": 1}}))
            frame = receive(reader)
        assert frame["payload"]["error"] == "You do not have the permission."


class TestEcho:
    def test_streams_share_a_socket(self, site):
        with site.socket("/echo/streams/") as socket:
            assert receive(socket) == {
                "stream": "echo",
                "payload": {"status": "I just connected!"},
            }
            socket.send(json.dumps({"stream": "shout", "payload": {"say": "hi"}}))
            assert receive(socket) == {"stream": "shout", "payload": {"shout": "HI"}}
            socket.send(json.dumps({"stream": "echo", "payload": {"n": 1}}))
            assert receive(socket)["payload"] == {"original_message": {"n": 1}}
        site.worker.wait_for_output("Stream echo is closed")

    def test_bad_frames_are_told_and_the_socket_stays(self, site):
        with site.socket("/echo/streams/") as socket:
            receive(socket)
            socket.send("not json")
            assert "not valid JSON" in receive(socket)["error"]
            socket.send(json.dumps({"stream": "nope", "payload": {}}))
            assert "'nope' is not mapped" in receive(socket)["error"]
            socket.send(json.dumps({"stream": "shout", "payload": {"say": "still here"}}))
            assert receive(socket)["payload"] == {"shout": "STILL HERE"}

    def test_frames_come_back_in_their_order_as_text_and_as_bytes(self, site):
        frames = [str(n) if n % 2 else str(n).encode() for n in range(60)]
        with site.socket("/echo/plain/") as socket:
            for frame in frames:
                socket.send(frame)
            assert [socket.recv(SECONDS) for _ in frames] == frames

    def test_a_foreign_origin_is_refused(self, site):
        with site.socket("/echo/guarded/", origin="http://localhost"):
            pass
        with pytest.raises(InvalidStatus) as refusal:
            site.socket("/echo/guarded/", origin="http://evil.example")
        assert refusal.value.response.status_code == 403

    def test_a_group_can_be_closed(self, site):
        with site.socket("/echo/closing/") as socket:
            site.shell(
                "from echo.consumers import PlainEcho;"
                " PlainEcho.group_send('closing', text='bye', close=True)"
            )
            assert socket.recv(SECONDS) == "bye"
            with pytest.raises(ConnectionClosed):
                socket.recv(SECONDS)


class TestLongPoll:
    def waiting(self, site):
        return json.loads(site.get("/longpoll/waiting/"))["waiting"]

    def test_who_waits_is_answered_by_a_consumer(self, site):
        with ThreadPoolExecutor() as pool:
            answers = [pool.submit(site.get, "/longpoll/wait/") for _ in range(3)]
            wait_until(lambda: self.waiting(site) == 3, "three requests to wait")
            site.get("/longpoll/announce/?text=news")
            assert [answer.result(SECONDS) for answer in answers] == ["news"] * 3
        assert self.waiting(site) == 0

    def test_who_leaves_is_forgotten(self, site):
        with create_connection(("127.0.0.1", site.port)) as client:
            client.sendall(b"GET /longpoll/wait/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
            wait_until(lambda: self.waiting(site) == 1, "a request to wait")
        wait_until(lambda: self.waiting(site) == 0, "the request to be forgotten")


class TestJobs:
    def finished(self, site, **fields):
        pk = json.loads(site.post("/jobs/", **fields))["id"]
        return wait_until(lambda: self.result(site, pk), "the result of a job")

    def result(self, site, pk):
        job = json.loads(site.get(f"/jobs/{pk}/"))
        return job if job["result"] is not None else None

    def test_a_job_is_done_by_the_worker_of_its_channel(self, site):
        with site.socket("/jobs/") as watcher:
            job = self.finished(site, number=12)
            assert watcher.recv(SECONDS) == "144"
        assert job == {"result": 144, "worker": str(site.job_worker.pid)}

    def test_a_job_can_wait(self, site):
        assert self.finished(site, number=5, delay=300)["result"] == 25

    def test_a_job_waits_through_a_restart_of_the_delay_server(self, site):
        pk = json.loads(site.post("/jobs/", number=6, delay=1500))["id"]
        site.shell(
            "import time; from channels.delay.models import DelayedMessage\n"
            "while not DelayedMessage.objects.exists(): time.sleep(0.05)"
        )
        site.delay.stop()
        site.delay.start()
        assert wait_until(lambda: self.result(site, pk), "the result of a job")["result"] == 36
