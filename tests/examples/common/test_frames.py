import pytest

from channels.message import Message
from examples.common.frames import BadFrame, read_json


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, '{"other": 1}'])
def test_a_frame_without_what_is_required_is_bad(text):
    message = Message({"text": text}, "websocket.receive", None)
    with pytest.raises(BadFrame):
        read_json(message, "move")
