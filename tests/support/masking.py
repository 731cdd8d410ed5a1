"""Frames as clients write them, made by another implementation of RFC 6455."""

from websockets.frames import Frame, Opcode


def masked(payload: bytes, opcode=Opcode.BINARY, fin=True) -> bytes:
    """Returns a frame; without `fin`, one that another continues."""
    return Frame(opcode, payload, fin).serialize(mask=True)
