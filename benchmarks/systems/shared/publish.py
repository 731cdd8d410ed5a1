"""The publishing process: obeys one command a line on standard input, prints one answer a line.

Runs inside the environment of each measured system, so it keeps to what Python 3.6 understands.

- `send`: one message to the group; answers the seconds that the call took.
- `steady RATE SECONDS`: RATE messages a second to the group, on schedule; answers how many.
- `fill COUNT`: COUNT messages to the channel of the no-op consumer; answers how many.
"""

import itertools
import json
import sys
import time

PADDING = "x" * 140  # brings a group message to about 200 bytes, the size of a small notification


class Publisher:
    """Sends numbered messages through the two functions of one system.

    Arguments:
        group_send: called with the text that every socket of the group must get.
        channel_send: called with the dict that the no-op consumer must get.
    """

    def __init__(self, group_send, channel_send=None):
        self.group_send = group_send
        self.channel_send = channel_send
        self.sequence = itertools.count(1)

    def send(self):
        """Send one group message and return the seconds that the call took."""
        sent = time.monotonic()
        self.group_send(
            json.dumps({"sequence": next(self.sequence), "sent": sent, "padding": PADDING})
        )
        return time.monotonic() - sent

    def steady(self, rate, seconds):
        """Send `rate` group messages a second for `seconds` and return their number."""
        start = time.monotonic()
        count = rate * seconds
        for number in range(count):
            time.sleep(max(0, start + number / rate - time.monotonic()))
            self.send()
        return count

    def fill(self, count):
        """Put `count` messages into the channel of the no-op consumer and return `count`."""
        for number in range(count):
            self.channel_send({"number": number})
        return count

    def serve(self):
        """Obey commands until standard input is closed."""
        for line in sys.stdin:
            command, *numbers = line.split()
            print(getattr(self, command)(*map(int, numbers)), flush=True)
