import json
from typing import Any

from django.db import transaction

from channels import Group
from channels.message import Message
from examples.common.frames import send_json
from examples.sensors.forms import ReadingForm
from examples.sensors.models import Reading, Tally
from tracker import jsontext
from tracker.models import Incident

PAGES = "sensors"

# Datagrams, from `manage.py runudp`.


def udp_receive(message: Message) -> None:
    """Make an incident of a reading, and tell the sensor so that it need not say it again."""
    form = ReadingForm(parse(message["data"]))
    if not form.is_valid():
        # Names alone: an answer much longer than its datagram would be of use to attackers.
        finish(message, "malformed", error="malformed", fields=sorted(form.errors))
        return
    reading, is_new = store(form)
    if is_new:
        send_json(Group(PAGES), type="reading", reading=reading.as_json())
    finish(message, "accepted" if is_new else "repeated", ack=reading.number)


def udp_tally(message: Message) -> None:
    """Count datagrams that the interface server did not pass on."""
    for outcome, count in message["counts"].items():
        Tally.add(outcome, count)
    send_json(Group(PAGES), type="counts", counts=Tally.counts())


@transaction.atomic
def store(form: ReadingForm) -> tuple[Reading, bool]:
    """Return the reading, and whether it is new: datagrams come twice, and so do messages."""
    data = form.cleaned_data
    reading, is_new = Reading.objects.get_or_create(
        sensor=data["sensor"], number=data["number"], defaults={"value": data["value"]}
    )
    if is_new:
        reading.incident = Incident.objects.create(
            name=str(reading), severity=data["severity"], location=form.location
        )
        reading.save()
    return reading, is_new


def finish(message: Message, outcome: str, **answer: Any) -> None:
    Tally.add(outcome)
    message.reply_channel.send({"data": json.dumps(answer).encode()})
    send_json(Group(PAGES), type="counts", counts=Tally.counts())


def parse(data: bytes) -> dict[str, Any]:
    """Return the JSON object in a datagram; without one the form will say what is missing."""
    try:
        reading = jsontext.read(data)
    except ValueError:
        return {}
    return reading if isinstance(reading, dict) else {}


# The sockets of the pages.


def ws_connect(message: Message) -> None:
    message.reply_channel.send({"accept": True})
    Group(PAGES).add(message.reply_channel)
    for reading in Reading.objects.order_by("-pk")[:20][::-1]:
        send_json(message.reply_channel, type="reading", reading=reading.as_json())
    send_json(message.reply_channel, type="counts", counts=Tally.counts())


def ws_disconnect(message: Message) -> None:
    Group(PAGES).discard(message.reply_channel)
