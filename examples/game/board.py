"""The rules: where everybody is, who may step where, and what a coin is worth. No I/O here."""

import random
from collections.abc import Collection
from typing import Any

WIDTH, HEIGHT = 24, 14
COINS = 8
MAX_PLAYERS = 40
STEPS = {"up": (0, -1), "down": (0, 1), "left": (-1, 0), "right": (1, 0)}

# A player has a turn every 50 ms, and may use up those of the last second at once: frames that
# were held up on their way arrive together.
TURN_MS = 50
SAVED_MS = 1000


class Refused(Exception):
    """The rules do not allow that; the text says why."""


class Board:
    """The state of one game.

    Arguments:
        state: what `state` of another board was, or nothing for a new game.

    Attributes:
        state: all there is to know, as JSON can hold it.
    """

    def __init__(self, state: dict[str, Any] | None = None) -> None:
        self.state = state or {"version": 0, "players": {}, "coins": []}
        self.players: dict[str, dict[str, Any]] = self.state["players"]
        self._lay_coins()

    def join(self, player: str, nick: str, here: Collection[str]) -> None:
        """Let a player in; who was in already goes on where the game has them.

        Arguments:
            here: the players who are connected; the others make room if they must.
        """
        if player not in self.players:
            if len(self.players) >= MAX_PLAYERS:
                for absent in self.players.keys() - set(here):
                    del self.players[absent]
            if len(self.players) >= MAX_PLAYERS:
                raise Refused(f"All {MAX_PLAYERS} places are taken.")
            x, y = self._free_place()
            self.players[player] = {"x": x, "y": y, "score": 0, "next_turn": 0}
        self.players[player]["nick"] = nick

    def move(self, player: str, direction: str, now_ms: int) -> None:
        """Move a player one step.

        Arguments:
            now_ms: milliseconds since the epoch.
        """
        if player not in self.players:
            raise Refused("You are not in this game.")
        if not isinstance(direction, str) or direction not in STEPS:
            raise Refused(f"A move is one of {', '.join(STEPS)}.")
        mover = self.players[player]
        next_turn = max(mover["next_turn"], now_ms - SAVED_MS)
        if next_turn > now_ms:
            raise Refused("It is not your turn: a player has 20 a second.")
        mover["next_turn"] = next_turn + TURN_MS
        dx, dy = STEPS[direction]
        self._step(mover, mover["x"] + dx, mover["y"] + dy)

    def changed(self) -> None:
        """Count the version up, so that pages can tell an older state from a newer one."""
        self.state["version"] += 1

    def public(self, here: Collection[str]) -> dict[str, Any]:
        """Return what the players see."""
        players = {
            player: {
                **{key: data[key] for key in ("nick", "x", "y", "score")},
                "here": player in here,
            }
            for player, data in self.players.items()
        }
        return {
            "version": self.state["version"],
            "size": [WIDTH, HEIGHT],
            "coins": self.state["coins"],
            "players": players,
        }

    def _step(self, mover: dict[str, Any], x: int, y: int) -> None:
        """Walls and other players stand in the way; that is no error, one stays where one is."""
        if not (0 <= x < WIDTH and 0 <= y < HEIGHT) or (x, y) in self._places():
            return
        mover["x"], mover["y"] = x, y
        if [x, y] in self.state["coins"]:
            self.state["coins"].remove([x, y])
            mover["score"] += 1
            self._lay_coins()

    def _places(self) -> set[tuple[int, int]]:
        return {(data["x"], data["y"]) for data in self.players.values()}

    def _lay_coins(self) -> None:
        while len(self.state["coins"]) < COINS:
            self.state["coins"].append(list(self._free_place()))

    def _free_place(self) -> tuple[int, int]:
        taken = self._places() | {(x, y) for x, y in self.state["coins"]}
        places = [(x, y) for x in range(WIDTH) for y in range(HEIGHT) if (x, y) not in taken]
        return random.choice(places)
