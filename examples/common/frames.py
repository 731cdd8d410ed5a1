"""JSON in the frames of a WebSocket."""

import json
from typing import Any

from channels.channel import Channel, Group
from channels.exceptions import ChannelSocketException
from channels.message import Message


class BadFrame(ChannelSocketException):
    """What a client sent makes no sense; the consumer that raises it answers with the reason."""

    def run(self, message: Message) -> None:
        send_json(message.reply_channel, type="error", error=str(self))


def read_json(message: Message, *required: str) -> dict[str, Any]:
    """Return the JSON object in the frame of a `websocket.receive` message.

    Arguments:
        required: keys that the object must have.

    Raises:
        BadFrame: it has none.
    """
    try:
        content = json.loads(message.get("text") or "")
    except (ValueError, RecursionError) as error:
        raise BadFrame("This is not JSON.") from error
    if not isinstance(content, dict):
        raise BadFrame("This is not a JSON object.")
    for key in required:
        if key not in content:
            raise BadFrame(f"The {key!r} is missing.")
    return content


def send_json(target: Channel | Group, **content: Any) -> None:
    """Send a JSON object to one socket or to all of a group."""
    target.send({"text": json.dumps(content)})
