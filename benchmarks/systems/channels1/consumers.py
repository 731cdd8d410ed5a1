from meter import meter

from channels import Group
from channels.sessions import enforce_ordering


def join_room(message):
    Group("room").add(message.reply_channel)
    message.reply_channel.send({"accept": True})


def leave_room(message):
    Group("room").discard(message.reply_channel)


def echo(message):
    message.reply_channel.send({"text": message["text"]})


@enforce_ordering
def ordered_connect(message):
    message.reply_channel.send({"accept": True})


@enforce_ordering
def ordered_echo(message):
    message.reply_channel.send({"text": message["text"]})


@enforce_ordering
def ordered_disconnect(message):
    pass


def join_both(message, number):
    Group("member-" + number).add(message.reply_channel)
    join_room(message)


def leave_both(message, number):
    Group("member-" + number).discard(message.reply_channel)
    leave_room(message)


def echo_to_group(message, number):
    Group("member-" + number).send({"text": message["text"]})


def noop(message):
    meter.hit()
