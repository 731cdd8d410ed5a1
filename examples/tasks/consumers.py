import logging

from channels.exceptions import DenyConnection
from channels.message import Message
from channels.security.websockets import allowed_hosts_only
from channels.sessions import channel_session, http_session
from examples.common.frames import BadFrame, read_json, send_json
from examples.tasks.models import Task
from examples.tasks.queue import owner_group, schedule_sweep, sweep, tell, wake_worker
from examples.tasks.thumbnails import SIZES, make_thumbnails

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
RETRY_SECONDS = 1

# On the workers for tasks: `runworker --only-channels tasks.*`


def process_task(message: Message) -> None:
    """Do a task. It may come twice, so what is done is left alone."""
    task = Task.objects.filter(pk=message["task"]).first()
    if task is None or task.state in (Task.State.DONE, Task.State.DEAD):
        return
    if task.attempts >= MAX_ATTEMPTS:
        bury(task, "Each time it was tried its worker died.")
        return
    task.attempts += 1
    task.state, task.progress, task.result = Task.State.RUNNING, 0, []
    task.save()
    try:
        work(task)
    except Exception as error:
        logger.exception("%s failed, attempt %d of %d:", task, task.attempts, MAX_ATTEMPTS)
        retry(task, str(error))
    else:
        task.state, task.error = Task.State.DONE, ""
        task.save()
        tell(task)


def work(task: Task) -> None:
    for address in make_thumbnails(task.data["picture"], task.data.get("pause_seconds", 0)):
        task.result.append(address)
        task.progress = 100 * len(task.result) // len(SIZES)
        task.save()
        # Now, and not when this consumer returns.
        tell(task, immediately=True)


def retry(task: Task, error: str) -> None:
    """Try again later, and later still; in the end leave the task to somebody who can help."""
    if task.attempts >= MAX_ATTEMPTS:
        bury(task, error)
        return
    task.state, task.error = Task.State.QUEUED, error
    task.save()
    wake_worker(task, delay_seconds=RETRY_SECONDS * 2**task.attempts)


def bury(task: Task, error: str) -> None:
    task.state, task.error = Task.State.DEAD, error
    task.save()
    tell(task)


def sweep_tasks(message: Message) -> None:
    """Periodic: each sweep schedules the next."""
    try:
        sweep()
    finally:
        schedule_sweep()


# On the other workers: the sockets of the pages.


@allowed_hosts_only
@http_session
@channel_session
def ws_connect(message: Message) -> None:
    if not message.http_session or "tasks" not in message.http_session:
        raise DenyConnection  # the page has not been opened before
    owner = message.channel_session["owner"] = message.http_session["tasks"]
    message.reply_channel.send({"accept": True})
    owner_group(owner).add(message.reply_channel)
    tasks = [task.as_json() for task in Task.objects.filter(owner=owner).order_by("pk")]
    send_json(message.reply_channel, type="tasks", tasks=tasks)


@channel_session
def ws_receive(message: Message) -> None:
    """Requeue a dead letter."""
    pk = read_json(message, "requeue")["requeue"]
    owner = message.channel_session.get("owner")
    own = Task.objects.filter(owner=owner, state=Task.State.DEAD)
    task = own.filter(pk=pk).first() if isinstance(pk, int) else None
    if task is None:
        raise BadFrame("None of your dead letters has that number.")
    task.state, task.attempts, task.error = Task.State.QUEUED, 0, ""
    task.save()
    wake_worker(task)


@channel_session
def ws_disconnect(message: Message) -> None:
    if "owner" in message.channel_session:
        owner_group(message.channel_session["owner"]).discard(message.reply_channel)
