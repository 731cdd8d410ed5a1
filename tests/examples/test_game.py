"""A board that all players of a room share."""

import json

import pytest
from playwright.sync_api import expect

from tests.examples.conftest import ExamplesVisitor, receive_type

# What is there after a worker has made the move of a socket's first frame, and died before it
# counted the frame; and the frame, as another worker gets it.
DELIVER_AGAIN = """
import time
from channels import Channel
from channels.ordering import COUNT_KEY
from channels.session_store import session_for_reply_channel
from examples.game.models import GamePresence
name = GamePresence.objects.get(room={room!r}).channel_name
while (session := session_for_reply_channel(name))[COUNT_KEY] < 2:
    time.sleep(0.02)
session[COUNT_KEY] = 1
session.save()
Channel("websocket.receive").send(
    {{"reply_channel": name, "path": "/ws/game/{room}/", "order": 1, "text": {text!r}}}
)
"""


def join(visitor, room):
    visitor.get(f"/game/{room}/")
    return visitor.socket(f"/ws/game/{room}/")


def move(connection, direction):
    connection.send(json.dumps({"move": direction}))


def open_game(page, room):
    page.goto(f"/game/{room}/")
    expect(page.locator("[data-connection]")).to_have_text("Live")
    return page


def test_all_players_see_a_move_and_find_their_place_again(new_page, stack):
    one, two = open_game(new_page(), "browser"), open_game(new_page(), "browser")
    stack.shell(
        "from examples.game.models import Game\n"
        "game = Game.objects.get(room='browser')\n"
        "for y, player in enumerate(game.state['players'].values()): player['y'] = y\n"
        "game.save()"
    )  # so that nobody stands in the way
    mover = two.locator("[data-players] .is-you")
    player = mover.get_attribute("data-player")
    as_seen_by_one = one.locator(f'[data-player="{player}"]')
    two.keyboard.down("ArrowLeft")
    expect(mover).to_have_attribute("data-x", "0")  # at the wall
    two.keyboard.up("ArrowLeft")
    expect(as_seen_by_one).to_have_attribute("data-x", "0")

    two.goto("/game/")
    expect(as_seen_by_one).to_contain_text("(away)")
    open_game(two, "browser")
    expect(as_seen_by_one).not_to_contain_text("(away)")
    expect(mover).to_have_attribute("data-x", "0")


def test_the_buttons_move_too(new_page):
    page = open_game(new_page(), "buttons")
    you = page.locator("[data-players] .is-you")
    page.get_by_role("button", name="Down").hover()
    page.mouse.down()
    expect(you).to_have_attribute("data-y", "13")
    page.mouse.up()


def test_a_player_goes_on_where_a_crash_of_all_workers_found_them(stack, visitor):
    with join(visitor, "crash") as connection:
        you = receive_type(connection, "you")["player"]
        for _ in range(20):
            move(connection, "left")
        states = [receive_type(connection, "state") for _ in range(21)]
    for worker in stack.workers:
        worker.kill()
        worker.start()
    with join(visitor, "crash") as connection:
        assert receive_type(connection, "you")["player"] == you
        place = receive_type(connection, "state")["players"][you]
    last = states[-1]["players"][you]
    assert (place["x"], place["y"]) == (last["x"], last["y"])


def test_a_move_that_is_delivered_twice_is_made_once(stack, visitor):
    with join(visitor, "twice") as connection:
        you = receive_type(connection, "you")["player"]
        start = receive_type(connection, "state")["players"][you]["x"]
        direction, step = ("left", -1) if start > 1 else ("right", 1)
        move(connection, direction)
        assert receive_type(connection, "state")["players"][you]["x"] == start + step
        again = json.dumps({"move": direction})
        stack.shell(DELIVER_AGAIN.format(room="twice", text=again))
        assert receive_type(connection, "state")["players"][you]["x"] == start + step
        move(connection, direction)
        assert receive_type(connection, "state")["players"][you]["x"] == start + 2 * step


def test_the_game_goes_on_without_one_who_was_lost_in_a_crash(stack, visitor):
    with join(visitor, "lost") as connection:
        lost = receive_type(connection, "you")["player"]
        stack.daphne.kill()
    stack.daphne.start()
    stack.wait_until_answering()
    with join(ExamplesVisitor(stack.host), "lost") as connection:
        while receive_type(connection, "state")["players"][lost]["here"]:
            pass


def test_a_move_out_of_turn_is_refused_to_the_one_who_tried(stack, visitor):
    with join(visitor, "turns") as one, join(ExamplesVisitor(stack.host), "turns") as other:
        used_up = receive_type(one, "you")["player"]
        stack.shell(
            "from examples.game.models import Game\n"
            "game = Game.objects.get(room='turns')\n"
            f"game.state['players'][{used_up!r}]['next_turn'] = 2**60\n"
            "game.save()"
        )
        move(one, "left")
        assert "not your turn" in receive_type(one, "error")["error"]
        version = receive_type(other, "state")["version"]
        move(other, "up")
        while receive_type(other, "state")["version"] == version:
            pass


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ('{"move": "fly"}', "A move is one of"),
        ('{"move": ["up"]}', "A move is one of"),
        ('{"move": null}', "A move is one of"),
        ("{}", "'move' is missing"),
        ("up", "not JSON"),
    ],
)
def test_what_is_no_move_is_answered(visitor, frame, reason):
    with join(visitor, "bad") as connection:
        connection.send(frame)
        assert reason in receive_type(connection, "error")["error"]
        move(connection, "up")
        receive_type(connection, "state")


def test_without_the_page_there_is_no_player(visitor):
    assert visitor.refused_with("/ws/game/lobby/") == 403
