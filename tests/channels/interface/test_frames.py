"""Tests of channels.interface.frames, read back by another implementation of RFC 6455."""

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from channels.interface.frames import Frame, decode, encode
from tests.support.masking import masked


def read(data: bytes):
    """Returns the frames that a client finds in the bytes."""
    client = ClientProtocol(parse_uri("ws://localhost/"), state=State.OPEN, max_size=None)
    client.receive_data(data)
    return client.events_received()


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 200_000])
@pytest.mark.parametrize(("unit", "opcode"), [("a", Opcode.TEXT), (b"\xff", Opcode.BINARY)])
def test_a_client_reads_what_was_encoded(size, unit, opcode):
    payload = unit * size
    [frame] = read(encode(payload))
    assert frame.opcode is opcode
    assert frame.fin
    assert frame.data == (payload.encode() if isinstance(payload, str) else payload)


def test_text_is_measured_in_bytes():
    [frame] = read(encode("€" * 50))
    assert frame.data.decode() == "€" * 50


def test_frames_can_follow_each_other():
    assert [frame.data for frame in read(encode("one") + encode("") + encode(b"two"))] == [
        b"one",
        b"",
        b"two",
    ]


def test_a_frame_for_many_is_encoded_once():
    frame = Frame("hello")
    assert frame.encoded == encode("hello")
    assert frame.encoded is frame.encoded


@pytest.mark.parametrize("size", [0, 1, 3, 4, 125, 126, 127, 1000, 65535])
@pytest.mark.parametrize(("unit", "opcode"), [(b"a", Opcode.TEXT), (b"\xff", Opcode.BINARY)])
def test_what_a_client_encoded_is_decoded(size, unit, opcode):
    data = b"before" + masked(unit * size, opcode)
    message = decode(data + b"after", 6)
    assert message == (unit * size, opcode is Opcode.BINARY, len(data))


@pytest.mark.parametrize("size", [1, 200])
def test_a_part_of_a_frame_is_not(size):
    data = masked(bytes(size))
    assert [decode(data[:end], 0) for end in range(len(data))] == [None] * len(data)


# By name, for keys that mask are random, and the names of tests must not be.
OTHERS = {
    "large": masked(bytes(65536)),
    "ping": masked(b"", Opcode.PING),
    "close": masked(b"", Opcode.CLOSE),
    "begun": masked(b"begun", fin=False),
    "continued": masked(b"continued", Opcode.CONT),
    "compressed": b"\xc2" + masked(b"compressed")[1:],
    "no text": masked(b"not \xff text", Opcode.TEXT),
    "half a character": masked(b"half a \xe2\x82", Opcode.TEXT),
    "unknown opcode": b"\x83" + masked(b"no such opcode")[1:],
    # Five bytes, but with lengths for many.
    "length too long": b"\x82\xfe\x00\x05keys....." + bytes(200),
    "length far too long": b"\x82\xff" + bytes(6) + b"\x00\x05keys.....",
    "not masked": encode("not masked"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_all_else_is_left_to_a_complete_implementation(name):
    assert decode(OTHERS[name], 0) is None
