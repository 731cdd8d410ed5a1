from meter import meter

from channels import Group


def join_room(message):
    Group("room").add(message.reply_channel)
    message.reply_channel.send({"accept": True})


def leave_room(message):
    Group("room").discard(message.reply_channel)


def echo(message):
    message.reply_channel.send({"text": message["text"]})


def noop(message):
    meter.hit()
