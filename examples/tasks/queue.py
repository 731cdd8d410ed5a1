"""Tasks on their way: to a worker, later, or again and again."""

import json
import logging
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from channels import Channel, Group
from channels.delay.models import DelayedMessage
from channels.layers.exceptions import ChannelLayerError
from examples.tasks.models import Task

logger = logging.getLogger(__name__)

PROCESS = "tasks.process"
SWEEP = "tasks.sweep"
SWEEP_SECONDS = 30
# Longer than a message lives on a channel (60 s): then nothing wakes a worker any more.
FORGOTTEN_SECONDS = 90
KEEP_DAYS = 1


def queue_task(data: dict[str, Any], owner: str = "", delay_seconds: float = 0) -> Task:
    """Queue a task and return at once.

    Arguments:
        data: what `consumers.process_task` works on.
        owner: whose pages are told about it.
        delay_seconds: how long it has to wait first.
    """
    task = Task.objects.create(data=data, owner=owner)
    # A worker must find the row.
    transaction.on_commit(partial(wake_worker, task, delay_seconds))
    return task


def wake_worker(task: Task, delay_seconds: float = 0) -> None:
    """Send the message for a task. Where that fails the sweep does it again: nothing is lost."""
    content = {"task": task.pk}
    try:
        if delay_seconds:
            delayed = {"channel": PROCESS, "content": content, "delay": delay_seconds * 1000}
            Channel("asgi.delay").send(delayed)
        else:
            Channel(PROCESS).send(content)
    except ChannelLayerError as error:
        logger.warning("%s has to wait for the next sweep: %s", task, error)
    tell(task)


def tell(task: Task, immediately: bool = False) -> None:
    """Show the state of a task on its owner's pages."""
    frame = {"type": "task", "task": task.as_json()}
    owner_group(task.owner).send({"text": json.dumps(frame)}, immediately=immediately)


def owner_group(owner: str) -> Group:
    return Group(f"tasks_{owner}")


def schedule_sweep() -> None:
    """See to it that one sweep is waiting in the delay server, and no more than one."""
    with transaction.atomic():
        if not DelayedMessage.objects.filter(channel_name=SWEEP).exists():
            sweep = DelayedMessage(channel_name=SWEEP, content="{}", delay=SWEEP_SECONDS * 1000)
            sweep.save()


def sweep() -> None:
    """Wake workers for tasks that were forgotten; forget those that are long done."""
    now = timezone.now()
    open_states = [Task.State.QUEUED, Task.State.RUNNING]
    silent = now - timedelta(seconds=FORGOTTEN_SECONDS)
    for task in Task.objects.filter(state__in=open_states, touched__lt=silent):
        task.save()  # touches it
        wake_worker(task)
    old = now - timedelta(days=KEEP_DAYS)
    Task.objects.filter(state=Task.State.DONE, touched__lt=old).delete()
