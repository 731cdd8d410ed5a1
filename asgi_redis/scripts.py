"""The Lua scripts of this package, as commands. No I/O here."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib import resources

from hiredis import pack_command

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
