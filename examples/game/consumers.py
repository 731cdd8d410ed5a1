import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from channels.channel import Group
from channels.exceptions import DenyConnection
from channels.message import Message
from channels.security.websockets import allowed_hosts_only
from channels.sessions import channel_session, enforce_ordering, http_session
from examples.common.frames import BadFrame, read_json, send_json
from examples.common.nicks import nick_of
from examples.common.rooms import room_group
from examples.game.board import Board, Refused
from examples.game.models import Game, GamePresence


@enforce_ordering
@allowed_hosts_only
@http_session
def ws_connect(message: Message, room: str) -> None:
    session = message.http_session
    if not session or "player" not in session:
        raise DenyConnection  # the game's page has not been opened before
    player = message.channel_session["player"] = session["player"]
    message.reply_channel.send({"accept": True})
    send_json(message.reply_channel, type="you", player=player)
    game_group(room).add(message.reply_channel)
    GamePresence.objects.arrive(message, room, player)
    with playing(room) as board:
        board.join(player, nick_of(session), here=GamePresence.objects.nicks(room))


@enforce_ordering
def ws_receive(message: Message, room: str) -> None:
    direction = read_json(message, "move")["move"]
    with playing(room) as board:
        if GamePresence.objects.is_new(message):
            board.move(message.channel_session["player"], direction, int(time.time() * 1000))


@channel_session
def ws_keepalive(message: Message, room: str) -> None:
    if "player" in message.channel_session:
        GamePresence.objects.arrive(message, room, message.channel_session["player"])
    for other in GamePresence.objects.sweep():
        show(other)


@enforce_ordering
def ws_disconnect(message: Message, room: str) -> None:
    game_group(room).discard(message.reply_channel)
    GamePresence.objects.leave(message)
    show(room)


def game_group(room: str) -> Group:
    return room_group("game", room)


@contextmanager
def playing(room: str) -> Iterator[Board]:
    """Change a game while nobody else does, and show it to all players.

    What the rules refuse changes nothing, and is told to the one who tried.
    """
    try:
        with transaction.atomic():
            game, _ = Game.objects.select_for_update().get_or_create(room=room)
            board = Board(game.state)
            yield board
            board.changed()
            game.state = board.state
            game.save()
    except Refused as refusal:
        raise BadFrame(str(refusal)) from refusal
    send_json(game_group(room), type="state", **board.public(GamePresence.objects.nicks(room)))


def show(room: str) -> None:
    """Show who is here now, as a new version of the state."""
    with playing(room):
        pass
