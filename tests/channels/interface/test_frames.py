"""Tests of channels.interface.frames, read back by another implementation of RFC 6455."""

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from channels.interface.frames import Frame, encode


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
