"""The rules of the game."""

import json

import pytest

from examples.game.board import COINS, HEIGHT, MAX_PLAYERS, WIDTH, Board, Refused

NOW = 1_000_000_000  # in milliseconds


@pytest.fixture
def board():
    board = Board()
    board.join("a", "Ebb", here=["a"])
    return board


def place(board, player, x, y):
    board.players[player].update(x=x, y=y)


def clear_coins(board):
    """Coins far from everybody."""
    board.state["coins"][:] = [[x, HEIGHT - 1] for x in range(WIDTH - COINS, WIDTH)]


@pytest.mark.parametrize(
    ("direction", "target"),
    [("up", (5, 4)), ("down", (5, 6)), ("left", (4, 5)), ("right", (6, 5))],
)
def test_a_move_is_one_step(board, direction, target):
    place(board, "a", 5, 5)
    board.move("a", direction, NOW)

    assert (board.players["a"]["x"], board.players["a"]["y"]) == target


@pytest.mark.parametrize(
    ("x", "y", "direction"),
    [(0, 3, "left"), (WIDTH - 1, 3, "right"), (3, 0, "up"), (3, HEIGHT - 1, "down")],
)
def test_walls_stand_in_the_way(board, x, y, direction):
    place(board, "a", x, y)
    board.move("a", direction, NOW)

    assert (board.players["a"]["x"], board.players["a"]["y"]) == (x, y)


def test_players_stand_in_the_way_even_when_away(board):
    board.join("b", "Flow", here=["a", "b"])
    place(board, "a", 5, 5)
    place(board, "b", 6, 5)
    board.move("a", "right", NOW)

    assert board.players["a"]["x"] == 5


def test_a_coin_is_worth_a_point_and_another_appears(board):
    clear_coins(board)
    place(board, "a", 5, 5)
    board.state["coins"][0] = [6, 5]
    board.move("a", "right", NOW)

    assert board.players["a"]["score"] == 1
    assert [6, 5] not in board.state["coins"]
    assert len(board.state["coins"]) == COINS


def test_a_player_has_twenty_turns_a_second_and_may_save_up_one_second(board):
    for _ in range(20 + 1):
        board.move("a", "up", NOW)
    with pytest.raises(Refused, match="not your turn"):
        board.move("a", "up", NOW)

    board.move("a", "up", NOW + 50)
    with pytest.raises(Refused, match="not your turn"):
        board.move("a", "up", NOW + 50)


def test_moves_at_twenty_a_second_are_always_in_turn(board):
    for number in range(1000):
        board.move("a", "up", NOW + number * 50)

    assert board.players["a"]["y"] == 0


@pytest.mark.parametrize("direction", ["fly", "", None, 5, ["up"], {"up": 1}])
def test_what_is_no_direction_is_refused(board, direction):
    with pytest.raises(Refused, match="A move is one of up, down, left, right"):
        board.move("a", direction, NOW)


def test_who_has_not_joined_cannot_move(board):
    with pytest.raises(Refused, match="not in this game"):
        board.move("stranger", "up", NOW)


def test_who_joins_again_goes_on_under_the_name_they_have_now(board):
    place(board, "a", 7, 7)
    board.players["a"]["score"] = 3
    board.join("a", "Tide", here=["a"])

    player = board.public(here=["a"])["players"]["a"]
    assert player == {"nick": "Tide", "x": 7, "y": 7, "score": 3, "here": True}


def test_who_is_away_makes_room_when_the_board_is_full():
    board = Board()
    for number in range(MAX_PLAYERS):
        board.join(str(number), "n", here=[])
    everybody = list(board.players)
    with pytest.raises(Refused, match="places are taken"):
        board.join("late", "n", here=everybody)

    board.join("late", "n", here=everybody[1:])
    assert "late" in board.players
    assert everybody[0] not in board.players


def test_a_state_survives_json(board):
    board.move("a", "up", NOW)
    board.changed()

    again = Board(json.loads(json.dumps(board.state)))
    assert again.public(here=[]) == board.public(here=[])


def test_nobody_sees_when_somebody_may_move_again(board):
    assert "next_turn" not in board.public(here=["a"])["players"]["a"]
