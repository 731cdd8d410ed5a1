"""Rooms by address, and messages into them from anywhere."""

import json
from urllib.parse import quote

import pytest
import redis
from playwright.sync_api import expect
from websockets.exceptions import ConnectionClosed

from asgi_redis import RedisChannelLayer
from tests.examples.conftest import receive
from tests.support.waiting import wait_until


def path_of(room):
    return f"/ws/msg/{quote(room, safe='')}/"


def say(connection, **content):
    connection.send(json.dumps(content))


def clients(stack, room):
    return stack.query("SELECT channel_name, nick FROM notices_clients WHERE room = ?", room)


def test_everyone_in_a_room_gets_a_message_and_nobody_else(visitor):
    with (
        visitor.socket(path_of("ITNest")) as one,
        visitor.socket(path_of("ITNest")) as two,
        visitor.socket(path_of("elsewhere")) as other,
    ):
        say(one, message=123)
        assert receive(one) == receive(two) == {"message": 123}
        say(other, message="only here")
        assert receive(other) == {"message": "only here"}


def test_messages_of_one_client_keep_their_order(visitor):
    with visitor.socket(path_of("order")) as connection:
        for number in range(40):
            say(connection, message=number)
        assert [receive(connection)["message"] for _ in range(40)] == list(range(40))


@pytest.mark.parametrize("room", ["r" * 200, "a room", "房间 一/二?#", "<b>&amp;</b>", "%2F"])
def test_a_room_may_have_any_name(visitor, room):
    with visitor.socket(path_of(room)) as connection:
        say(connection, message=room)
        assert receive(connection) == {"message": room}


def test_a_room_name_that_is_too_long_is_no_address(visitor):
    assert visitor.refused_with(path_of("r" * 201)) == 404


def test_a_page_of_any_site_may_connect_as_the_online_tester_does(visitor):
    with visitor.socket(path_of("tester"), origin="http://www.websocket-test.com") as connection:
        say(connection, message=123)
        assert receive(connection) == {"message": 123}


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("{ not JSON", "This is not JSON."),
        (b"\x00\xff", "This is not JSON."),
        ("[1]", "This is not a JSON object."),
        ('{"text": 1}', "The 'message' is missing."),
    ],
)
def test_a_frame_without_a_message_is_answered_to_its_sender_alone(visitor, frame, reason):
    with visitor.socket(path_of("bad")) as sender, visitor.socket(path_of("bad")) as other:
        sender.send(frame)
        assert receive(sender) == {"type": "error", "error": reason}
        say(sender, message="good")
        assert receive(sender) == receive(other) == {"message": "good"}


def test_a_frame_of_two_megabytes_closes_its_socket_alone(visitor):
    with visitor.socket(path_of("big")) as sender, visitor.socket(path_of("big")) as other:
        say(sender, message="x" * 2 * 1024 * 1024)
        with pytest.raises(ConnectionClosed) as closed:
            receive(sender)
        assert closed.value.rcvd.code == 1009
        say(other, message="still here")
        assert receive(other) == {"message": "still here"}


def test_messages_come_from_a_shell_to_a_room_and_to_one_client(stack, visitor):
    with visitor.socket(path_of("shell")) as one, visitor.socket(path_of("shell")) as two:
        stack.shell(
            "from examples.notices import consumers\n"
            "from examples.notices.models import Clients\n"
            "consumers.send_group_msg('shell', {'content': '1'})\n"
            "first = Clients.objects.filter(room='shell').order_by('pk').first()\n"
            "consumers.send_channel_msg(first.channel_name, {'content': '2'})\n"
            "consumers.send_group_msg('shell', {'content': '3'})"
        )
        assert [receive(one)["message"]["content"] for _ in range(3)] == ["1", "2", "3"]
        assert [receive(two)["message"]["content"] for _ in range(2)] == ["1", "3"]


def test_a_command_announces_in_some_rooms_or_in_all(stack, visitor):
    with visitor.socket(path_of("here")) as here, visitor.socket(path_of("there")) as there:
        stack.command("announce", "Only here", "--room", "here")
        stack.command("announce", "Everywhere")
        assert receive(here) == {"message": "Only here"}
        assert receive(here) == receive(there) == {"message": "Everywhere"}


def test_a_clients_row_has_its_channel_and_the_nick_of_its_session(stack, visitor):
    visitor.submit("/notices/", "/nick/", nick="Sailor <b>")
    with visitor.socket(path_of("rows")):
        [[channel, nick]] = clients(stack, "rows")
        assert channel.startswith("daphne.response.")
        assert nick == "Sailor <b>"
    wait_until(lambda: not clients(stack, "rows"), "no row once the socket is closed")


def test_rows_of_a_crashed_interface_server_are_swept_away(stack, visitor):
    with visitor.socket(path_of("crash")):
        [[crashed, _]] = clients(stack, "crash")
        stack.daphne.kill()
    stack.daphne.start()
    stack.wait_until_answering()

    with visitor.socket(path_of("witness")):
        wait_until(lambda: not clients(stack, "crash"), f"no row of {crashed}", seconds=60)


def test_the_layer_is_checked_from_a_shell(stack):
    assert stack.shell(
        "from channels import channel_layers\n"
        "layer = channel_layers['default']\n"
        "layer.send('test_channel', {'type': 'hello'})\n"
        "result = layer.receive(['test_channel'])"
    ) == ["test_channel", {"type": "hello"}]


@pytest.mark.parametrize(
    "config",
    [
        {"hosts": [("localhost", "PORT")]},
        {"hosts": [("127.0.0.1", "PORT")]},
        {"hosts": ["redis://127.0.0.1:PORT/8"]},
        {"hosts": ["redis://127.0.0.1:PORT/0"], "symmetric_encryption_keys": ["a secret key"]},
    ],
    ids=str,
)
def test_every_form_of_hosts_works(valkey, config):
    layer = RedisChannelLayer(**with_port(config, valkey.port))
    layer.send("test_channel", {"type": "hello"})

    assert layer.receive(["test_channel"]) == ("test_channel", {"type": "hello"})


def with_port(config, port):
    hosts = [
        (host[0], port) if isinstance(host, tuple) else host.replace("PORT", str(port))
        for host in config["hosts"]
    ]
    return {**config, "hosts": hosts}


def test_a_password_in_hosts_works_and_encryption_hides_the_content(valkey):
    with valkey.client() as client:
        client.config_set("requirepass", "password")
    url = f"redis://:password@127.0.0.1:{valkey.port}/0"
    layer = RedisChannelLayer(hosts=[url], symmetric_encryption_keys=["a secret key"])
    layer.send("test_channel", {"type": "hello"})

    with redis.Redis.from_url(url) as client:
        stored = {key: client.dump(key) or b"" for key in client.scan_iter()}
    assert any(b"test_channel" in key for key in stored)
    assert not any(b"hello" in value for value in stored.values())
    assert layer.receive(["test_channel"]) == ("test_channel", {"type": "hello"})
    with redis.Redis.from_url(url) as client:
        client.config_set("requirepass", "")


def test_browsers_in_a_room_see_what_comes_over_socket_and_view(new_page):
    pages = [new_page(), new_page()]
    for page in pages:
        page.goto("/notices/")
        page.get_by_label("Open a room").fill("大厅 1/2")
        page.get_by_role("button", name="Open").click()
        expect(page.locator("[data-connection]")).to_have_text("Live")
    one, two = pages
    one.get_by_label("Message", exact=True).fill("over the socket")
    one.keyboard.press("Enter")
    for page in pages:
        expect(page.get_by_role("log")).to_contain_text("over the socket")

    two.get_by_label("Message from a view").fill("<i>from a view</i>")
    two.keyboard.press("Enter")
    expect(one.get_by_role("log")).to_contain_text("<i>from a view</i>")


def test_a_browser_sends_to_one_client_alone(new_page):
    page = new_page()
    page.goto("/notices/room/whisper/")
    expect(page.locator("[data-connection]")).to_have_text("Live")
    other = new_page()
    other.goto("/notices/room/whisper/")
    expect(other.locator("[data-connection]")).to_have_text("Live")
    nick = page.get_by_label("You are").input_value()
    other.get_by_label(f"Message to {nick}").fill("only for you")
    other.keyboard.press("Enter")

    expect(page.get_by_role("log")).to_contain_text("only for you")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"room": "x", "message": ""}, "This field is required."),
        ({"room": "r" * 201, "message": "m"}, "Ensure this value has at most 200 characters"),
        ({"room": "x", "message": "m", "client": "999999"}, "It is gone."),
    ],
)
def test_the_view_says_what_is_wrong_with_a_message(visitor, fields, reason):
    status, page = visitor.submit("/notices/", "/notices/send/", **fields)

    assert status == 200
    assert reason in page
