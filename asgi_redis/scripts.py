"""The Lua scripts of this package, as commands. No I/O here."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib import resources
from typing import Any

from hiredis import pack_command
from redis.exceptions import NoScriptError, ResponseError

Argument = str | bytes | int | float
Command = tuple[Argument, ...]


class Script:
    """One of the files under `lua/`, whose header says what it does with which keys.

    Arguments:
        name: of the file, without its suffix.
        functions: what it uses of `lua/functions/`.
    """

    def __init__(self, name: str, *functions: str) -> None:
        files = [*(f"functions/{function}" for function in functions), name]
        self.text = "\n".join(map(_read, files))
        self.sha = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()

    def __call__(self, keys: Sequence[str], *arguments: Argument) -> Command:
        """Returns the command that runs the script."""
        return ("EVALSHA", self.sha, len(keys), *keys, *arguments)

    @property
    def load(self) -> Command:
        """The command that makes the server know the script."""
        return ("SCRIPT", "LOAD", self.text)


def _read(file: str) -> str:
    return resources.files("asgi_redis").joinpath(f"lua/{file}.lua").read_text("utf-8")


def pack(commands: Sequence[Command]) -> list[bytes]:
    """Returns commands as they go over the wire."""
    return [b"".join(pack_command(command) for command in commands)]  # type: ignore[arg-type]


def again(commands: Sequence[Command], replies: Sequence[Any]) -> list[Command]:
    """Returns what to run because the server had forgotten scripts; nothing if it had not."""
    missing = [commands[i] for i in _unknown(replies)]
    return [*LOAD, *missing] if missing else []


def complete(replies: list[Any], late: Sequence[Any]) -> None:
    """Puts the replies to `again` in the places of those that they stand for."""
    loaded, late = late[: len(LOAD)], late[len(LOAD) :]
    refusal = next((reply for reply in loaded if isinstance(reply, ResponseError)), None)
    for i, reply in zip(_unknown(replies), late, strict=True):
        # That it may not be loaded says more than that it is not there.
        replies[i] = refusal if refusal and isinstance(reply, NoScriptError) else reply


def _unknown(replies: Sequence[Any]) -> list[int]:
    return [i for i, reply in enumerate(replies) if isinstance(reply, NoScriptError)]


beat = Script("beat")
bring_back = Script("bring_back", "keep")
brought_back = Script("brought_back")
bury = Script("bury", "clamp")
choke = Script("choke")
group_add = Script("group_add")
group_change = Script("group_change", "catch_up")
group_members = Script("group_members")
hand_back = Script("hand_back")
keep = Script("keep", "keep")
overdue = Script("overdue")
read = Script("read")
register = Script("register", "catch_up")
send = Script("send")
send_group = Script("send_group")
send_local = Script("send_local")
set_aside = Script("set_aside")
settle = Script("settle")
suspects = Script("suspects")
unregister = Script("unregister")
worker_beat = Script("worker_beat", "clamp", "keep")

ALL = [value for value in list(globals().values()) if isinstance(value, Script)]
LOAD = [script.load for script in ALL]
# What a connection begins with. If scripts were loaded only when one is missing, commands that came
# before another process did so would run behind their neighbours: messages would change places.
GREETING: list[Command] = [("INFO", "server"), *LOAD]
