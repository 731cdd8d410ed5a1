import os

from channels import Group
from channels.exceptions import ConsumeLater

from .models import Job


def square(message):
    try:
        job = Job.objects.get(pk=message["id"])
    except Job.DoesNotExist:
        raise ConsumeLater
    job.result = job.number ** 2
    job.worker = str(os.getpid())
    job.save()
    Group("jobs").send({"text": str(job.result)})


def connect(message):
    message.reply_channel.send({"accept": True})
    Group("jobs").add(message.reply_channel)
