"""Rooms with any name, as groups with names that the layer allows."""

from hashlib import sha256

from channels.channel import Group

MAX_LENGTH = 200


def room_group(app: str, room: str) -> Group:
    """Return the group of a room.

    A group's name is made of ASCII letters, digits, "-", "_" and "." (the contract, section 1),
    so a room is known by a digest of its name: no two rooms have the same.

    Arguments:
        app: what the group's name begins with, since all groups of a layer share one namespace.
        room: any text.
    """
    return Group(f"{app}_{sha256(room.encode(errors='surrogatepass')).hexdigest()[:40]}")
