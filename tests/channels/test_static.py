"""The browser's end of Channels, in a browser and against Daphne."""

import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.support.ports import free_port
from tests.support.processes import Process, started
from tests.support.stack import status_of
from tests.support.waiting import wait_until

SECONDS = 20

FAST = "{ minReconnectionDelay: 50, maxReconnectionDelay: 200 }"
NEVER = "{ minReconnectionDelay: 3600000, maxReconnectionDelay: 3600000 }"


class EchoServer:
    """Daphne, without channels, on a port that stays the same."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        application = "tests.channels.echo_server:application"
        command = [sys.executable, "-m", "daphne", "-p", str(self.port), application]
        self.process = Process("echo", command, env={}, folder=folder)

    def start(self) -> None:
        self.process.start()
        wait_until(lambda: status_of(self.port, "/") == 200, "the echo server")

    def stop(self) -> None:
        self.process.kill()


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EchoServer]:
    with started(EchoServer(tmp_path_factory.mktemp("echo"))) as server:
        yield server


@pytest.fixture
def server(shared_server: EchoServer) -> EchoServer:
    """A running server, which the test may stop."""
    if not shared_server.process.is_running():
        shared_server.start()
    return shared_server


@pytest.fixture
def open_page(browser: Browser, server: EchoServer) -> Iterator[Callable[[str], Page]]:
    """Opens a page of the server."""
    context = browser.new_context()
    context.set_default_timeout(SECONDS * 1000)

    def open_page(name: str = "classic") -> Page:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{server.port}/{name}/")
        page.evaluate("window.got = []")
        return page

    yield open_page
    context.close()


@pytest.fixture
def page(open_page: Callable[[], Page]) -> Page:
    return open_page()


def connect(page: Page, options: str = FAST, url: str = "'/room/'") -> None:
    page.evaluate(f"""() => {{
        window.bridge = new channels.WebSocketBridge();
        bridge.connect({url}, undefined, {options});
        bridge.socket.addEventListener("open", () => got.push("open"));
        bridge.socket.addEventListener("close", (event) => got.push(`closed ${{event.code}}`));
        bridge.listen((action) => got.push(action));
    }}""")


def note_error_codes(page: Page) -> None:
    page.evaluate("""() => {
        bridge.socket.onerror = (event) => event.code && got.push(event.code);
    }""")


def wait_for(page: Page, *expected: Any) -> None:
    """Waits until exactly this has happened."""
    wanted = list(expected)
    page.wait_for_function("(n) => got.length >= n", arg=len(wanted))
    assert page.evaluate("got") == wanted


class TestScripts:
    def test_a_classic_script_defines_a_global(self, page):
        assert page.evaluate("typeof channels.WebSocketBridge") == "function"

    def test_a_module_imports_the_same(self, open_page):
        page = open_page("module")
        page.wait_for_function("Boolean(window.Imported)")
        assert page.evaluate("Imported === channels.WebSocketBridge")

    def test_both_on_one_page_do_no_harm(self, open_page):
        page = open_page("both")
        page.wait_for_function("Boolean(window.Imported)")
        connect(page)
        wait_for(page, "open")


class TestConnect:
    @pytest.mark.parametrize("path", ["/room/", "/"])
    def test_a_path_is_on_the_host_of_the_page(self, page, server, path):
        connect(page, url=f"'{path}'")
        wait_for(page, "open")
        assert page.evaluate("bridge.socket.url") == f"ws://127.0.0.1:{server.port}{path}"

    def test_without_an_address_it_is_the_host_of_the_page(self, page, server):
        connect(page, url="undefined")
        wait_for(page, "open")
        assert page.evaluate("bridge.socket.url") == f"ws://127.0.0.1:{server.port}/"

    def test_an_address_is_taken_as_it_is(self, page, server):
        connect(page, url=f"'ws://localhost:{server.port}/x?y=1'")
        wait_for(page, "open")
        assert page.evaluate("bridge.socket.url") == f"ws://localhost:{server.port}/x?y=1"

    def test_protocols_are_offered(self, page):
        page.evaluate("""() => {
            window.bridge = new channels.WebSocketBridge();
            bridge.connect("/", ["chat.v2"]);
            bridge.socket.onopen = () => got.push(bridge.socket.protocol);
        }""")
        wait_for(page, "chat.v2")

    def test_options_of_the_bridge_are_those_of_its_sockets(self, page):
        page.evaluate("""() => {
            class Recorder extends WebSocket {
                constructor(...args) { super(...args); got.push("made"); }
            }
            new channels.WebSocketBridge({ constructor: Recorder }).connect("/");
        }""")
        wait_for(page, "made")

    def test_using_it_unconnected_says_what_to_do(self, page):
        for call in ["send({})", "stream('a').send({})", "listen()"]:
            message = page.evaluate(f"""() => {{
                try {{ new channels.WebSocketBridge().{call}; }} catch (error) {{
                    return error.message;
                }}
            }}""")
            assert message == "WebSocketBridge: call connect() first."


class TestMessages:
    def test_what_is_sent_before_it_is_open_leaves_when_it_is_and_in_order(self, page):
        connect(page)
        page.evaluate("bridge.send({ n: 1 }); bridge.send({ n: 2 })")
        wait_for(page, "open", {"n": 1}, {"n": 2})

    def test_messages_without_a_stream_reach_the_listener(self, page):
        connect(page)
        for value in [{"a": [1, "é"]}, [1], "text", 7, None]:
            page.evaluate("(value) => bridge.send(value)", value)
        wait_for(page, "open", {"a": [1, "é"]}, [1], "text", 7, None)

    def test_messages_of_a_stream_reach_its_callback_only(self, page):
        connect(page)
        page.evaluate("""() => {
            bridge.demultiplex("a", (payload, stream) => got.push([stream, payload]));
            bridge.stream("a").send({ n: 1 });
            bridge.stream("nobody's").send({ n: 2 });
            bridge.stream("a").send({ n: 3 });
        }""")
        wait_for(page, "open", ["a", {"n": 1}], ["a", {"n": 3}])

    def test_a_listener_gets_null_for_the_stream(self, page):
        connect(page)
        page.evaluate("bridge.listen((action, stream) => got.push([action, stream]))")
        page.evaluate("bridge.send(1)")
        wait_for(page, "open", [1, None])

    def test_listening_without_a_callback_is_for_streams(self, page):
        connect(page)
        page.evaluate("""() => {
            bridge.listen();
            bridge.demultiplex("a", (payload) => got.push(payload));
            bridge.send("nobody listens");
            bridge.stream("a").send("heard");
        }""")
        wait_for(page, "open", "heard")


class TestReconnecting:
    def test_listeners_and_handlers_outlive_the_server(self, page, server):
        connect(page)
        wait_for(page, "open")
        page.evaluate("() => { bridge.socket.onopen = () => got.push('onopen'); }")
        server.stop()
        page.wait_for_function("got.length > 1")
        page.evaluate("got.length = 0; bridge.send('while away')")
        server.start()
        page.wait_for_function("got.includes('while away')")
        opened = page.evaluate("got.indexOf('onopen')")
        assert page.evaluate("got").index("while away") == opened + 2

    def test_a_close_by_the_server_is_told_and_followed_by_a_connection(self, page):
        connect(page)
        page.evaluate("bridge.send('close')")
        wait_for(page, "open", "closed 4001", "open")

    def test_it_connects_at_once_when_the_network_is_back(self, page, server):
        connect(page, NEVER)
        page.evaluate("bridge.send('close')")
        wait_for(page, "open", "closed 4001")
        page.evaluate("window.dispatchEvent(new Event('online'))")
        wait_for(page, "open", "closed 4001", "open")

    def test_the_network_coming_back_changes_nothing_for_an_open_socket(self, page):
        connect(page)
        wait_for(page, "open")
        page.evaluate("window.dispatchEvent(new Event('online')); bridge.send(1)")
        wait_for(page, "open", 1)

    def test_a_listener_that_fails_does_not_end_it(self, page):
        connect(page)
        page.evaluate("() => { bridge.socket.onclose = () => { throw new Error('mine'); }; }")
        page.evaluate("bridge.send('close')")
        wait_for(page, "open", "closed 4001", "open")

    def test_removed_listeners_stay_removed(self, page):
        connect(page)
        page.evaluate("""() => {
            const listener = () => got.push("removed?");
            bridge.socket.addEventListener("open", listener);
            bridge.socket.removeEventListener("open", listener);
            bridge.send("close");
        }""")
        wait_for(page, "open", "closed 4001", "open")

    def test_it_gives_up_after_as_many_tries_as_it_is_told(self, page):
        options = "{ minReconnectionDelay: 10, maxRetries: 2 }"
        connect(page, options, url="'/refused/'")
        note_error_codes(page)
        wait_for(page, "closed 1006", "closed 1006", "closed 1006", "EHOSTDOWN")

    def test_a_server_that_does_not_answer_the_handshake_is_left(self, page):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"'ws://127.0.0.1:{silent.getsockname()[1]}/'"
            connect(page, "{ connectionTimeout: 50, minReconnectionDelay: 3600000 }", url)
            note_error_codes(page)
            page.wait_for_function("got.includes('ETIMEDOUT') && got.includes('closed 1006')")


class TestDelays:
    def delays(self, page: Page, random: float) -> list[int]:
        """The first delays, were chance to always give this number between 0 and 1."""
        delays = page.evaluate(
            """(random) => {
                const delays = [];
                let due = null;
                const { setTimeout, Math: { random: chance } } = window;
                window.setTimeout = (callback, delay) => {
                    if (delay !== 4000) { delays.push(delay); due = callback; }
                };
                Math.random = () => random;
                class Dead extends EventTarget { close() {} }
                const made = [];
                const options = { constructor: class extends Dead {
                    constructor() { super(); made.push(this); }
                } };
                new channels.WebSocketBridge().connect("/", [], options);
                for (let n = 0; n < 9; n += 1) {
                    made.at(-1).dispatchEvent(new CloseEvent("close"));
                    due();
                }
                Object.assign(window, { setTimeout });
                Math.random = chance;
                return delays;
            }""",
            random,
        )
        return [round(delay) for delay in delays]

    def test_they_grow_up_to_a_limit(self, page):
        delays = self.delays(page, 1)
        assert delays[:3] == [3000, 3900, 5070]
        assert delays == sorted(delays)
        assert delays[-1] == 10000

    def test_they_are_never_shorter_than_the_shortest(self, page):
        assert self.delays(page, 0) == [1500] * 9

    def test_they_are_spread_by_chance(self, page):
        assert self.delays(page, 0.5)[0] == 2250
        assert self.delays(page, 0.5)[-1] == 5750


class TestClosing:
    def test_kept_closed_it_stays_closed(self, page):
        connect(page)
        wait_for(page, "open")
        page.evaluate("bridge.socket.close(1000, 'done', { keepClosed: true })")
        page.evaluate("window.dispatchEvent(new Event('online'))")
        wait_for(page, "open", "closed 1000")
        page.wait_for_function("bridge.socket.readyState === 3")
        assert page.evaluate("got.length") == 2

    def test_while_it_waits_it_can_be_kept_closed_too(self, page):
        connect(page, NEVER)
        page.evaluate("bridge.send('close')")
        wait_for(page, "open", "closed 4001")
        page.evaluate("bridge.socket.close(1000, '', { keepClosed: true })")
        page.evaluate("window.dispatchEvent(new Event('online'))")
        assert page.evaluate("bridge.socket.readyState") == 3
        wait_for(page, "open", "closed 4001")

    def test_otherwise_it_connects_again(self, page):
        connect(page)
        wait_for(page, "open")
        page.evaluate("bridge.socket.close(4000, 'again')")
        wait_for(page, "open", "closed 4000", "open")

    def test_the_delay_can_be_given(self, page):
        connect(page, NEVER)
        wait_for(page, "open")
        page.evaluate("bridge.socket.close(1000, '', { delay: 1 })")
        wait_for(page, "open", "closed 1000", "open")

    def test_it_can_wait_for_the_server(self, page):
        connect(page)
        wait_for(page, "open")
        told_at_once = page.evaluate("""() => {
            bridge.socket.close(4000, '', { fastClose: false });
            return got.length > 1;
        }""")
        assert not told_at_once
        wait_for(page, "open", "closed 1000", "open")  # Daphne's own code


def test_binary_type_outlives_a_reconnection(page):
    connect(page)
    page.evaluate("bridge.socket.binaryType = 'arraybuffer'; bridge.send('close')")
    wait_for(page, "open", "closed 4001", "open")
    assert page.evaluate("bridge.socket.binaryType") == "arraybuffer"
    assert page.evaluate("bridge.socket.bufferedAmount") == 0
    assert page.evaluate("bridge.socket.extensions") is not None
