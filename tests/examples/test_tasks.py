"""A task queue."""

import json
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.examples.conftest import receive, receive_type
from tests.support.waiting import wait_until


def picture(kind="PNG", size=(640, 480)):
    made = BytesIO()
    Image.effect_mandelbrot(size, (-2, -1.5, 1, 1.5), 20).save(made, kind)
    return made.getvalue()


def truncated():
    """The beginning of a picture: enough to be taken for one."""
    return picture("JPEG")[:3000]


def upload(page, name, content, pause=0, delay=0):
    kind = "image/jpeg" if name.endswith("jpg") else "image/png"
    page.get_by_label("Picture").set_input_files(
        {"name": name, "mimeType": kind, "buffer": content}
    )
    page.locator("[name=pause_seconds]").fill(str(pause))
    page.locator("[name=delay_seconds]").fill(str(delay))
    page.get_by_role("button", name="Make thumbnails").click()
    return page.get_by_role("list", name="Tasks").get_by_role("listitem").filter(has_text=name)


def open_page(page):
    page.goto("/tasks/")
    expect(page.locator("[data-connection]")).to_have_text("Live")
    return page


def queue(stack, visitor, pause=0):
    """Queue a task for a visitor from a shell; return its number."""
    visitor.get("/tasks/")
    key = next(cookie.value for cookie in visitor.cookies if cookie.name == "sessionid")
    return stack.shell(
        "from django.contrib.sessions.backends.cache import SessionStore\n"
        "from django.core.files.base import ContentFile\n"
        "from django.core.files.storage import default_storage\n"
        "from examples.tasks.queue import queue_task\n"
        f"path = default_storage.save('pictures/p.png', ContentFile({picture()!r}))\n"
        f"owner = SessionStore({key!r})['tasks']\n"
        f"data = {{'picture': path, 'pause_seconds': {pause}}}\n"
        "result = queue_task(data, owner).pk"
    )


def state_of(stack, pk):
    [row] = stack.query("SELECT state, attempts, result FROM tasks_task WHERE id = ?", pk)
    return dict(zip(("state", "attempts", "result"), row, strict=True))


def waiting(stack, channel):
    """How many messages for a channel wait at the delay server."""
    sql = 'SELECT count(*) FROM "channels.delay_delayedmessage" WHERE channel_name = ?'
    [[count]] = stack.query(sql, channel)
    return count


def test_a_picture_becomes_thumbnails_while_the_page_watches(new_page):
    page = open_page(new_page())
    task = upload(page, "fractal.png", picture(), pause=0.2)
    expect(task.get_by_role("progressbar")).to_be_visible()
    expect(task).to_contain_text("done")
    thumbnails = task.get_by_alt_text("Thumbnail")
    expect(thumbnails).to_have_count(4)
    expect(thumbnails.first).to_have_js_property("naturalWidth", 64)

    page.reload()
    expect(page.get_by_alt_text("Thumbnail")).to_have_count(4)


def test_tasks_are_shown_to_their_owner_alone(new_page):
    owner, other = open_page(new_page()), open_page(new_page())
    expect(upload(owner, "private.png", picture())).to_contain_text("done")
    other.reload()
    expect(other.get_by_role("listitem")).to_have_count(0)


@pytest.mark.parametrize("content", [b"no picture", b"", b"\x89PNG\r\n\x1a\n", b"<svg/>"])
def test_a_picture_that_is_none_is_refused_at_once(new_page, content):
    page = open_page(new_page())
    upload(page, "none.png", content)

    expect(page.get_by_role("alert")).to_contain_text("image" if content else "empty")
    expect(page.get_by_role("listitem")).to_have_count(0)


def test_a_task_that_fails_is_retried_then_a_dead_letter_and_can_be_tried_again(new_page):
    page = open_page(new_page())
    task = upload(page, "cut.jpg", truncated())
    expect(task).to_contain_text("dead letter, attempt 3", timeout=60_000)
    expect(task).to_contain_text("truncated")

    task.get_by_role("button", name="Try again").click()
    expect(task).not_to_contain_text("dead letter")
    expect(task).to_contain_text("dead letter, attempt 3", timeout=60_000)


def test_a_delayed_task_waits_and_then_runs(new_page, stack):
    page = open_page(new_page())
    task = upload(page, "later.png", picture(), delay=5)
    expect(task).to_contain_text("queued")
    wait_until(lambda: waiting(stack, "tasks.process") == 1, "the message at the delay server")
    expect(task).to_contain_text("done")


def test_a_worker_killed_in_the_middle_loses_nothing(stack, visitor):
    pk = queue(stack, visitor, pause=1.5)
    wait_until(lambda: state_of(stack, pk)["state"] == "running", "a task that runs")
    for worker in stack.taskworkers:
        worker.kill()
    stack.taskworkers[0].start()

    wait_until(lambda: state_of(stack, pk)["state"] == "done", "the task done", seconds=90)
    done = state_of(stack, pk)
    assert len(json.loads(done["result"])) == 4
    assert done["attempts"] == 2


def test_a_task_that_nobody_is_woken_for_is_found_by_the_sweep(stack, visitor):
    for worker in stack.taskworkers:
        worker.stop()
    pk = queue(stack, visitor)
    stack.valkey.restart()  # its message is gone
    stack.shell(
        "from datetime import timedelta\n"
        "from django.utils import timezone\n"
        "from examples.tasks.models import Task\n"
        f"Task.objects.filter(pk={pk}).update(touched=timezone.now() - timedelta(minutes=2))\n"
        "from channels import Channel\n"
        "Channel('tasks.sweep').send({})"
    )
    stack.start_missing()

    wait_until(lambda: state_of(stack, pk)["state"] == "done", "the task done", seconds=60)


def test_one_sweep_is_always_waiting(stack):
    stack.shell("from channels import Channel\nfor _ in range(3): Channel('tasks.sweep').send({})")

    wait_until(lambda: waiting(stack, "tasks.sweep") == 1, "one sweep that waits")


def test_tasks_are_left_to_the_workers_that_were_started_for_them(stack):
    assert "tasks." not in "".join(
        line for line in stack.worker_output().splitlines() if "Listening on" in line
    )
    assert all(
        "Listening on channels tasks.process, tasks.sweep" in worker.output
        for worker in stack.taskworkers
    )


def test_a_message_for_a_task_that_is_gone_is_passed_over(stack, visitor):
    stack.shell("from channels import Channel\nChannel('tasks.process').send({'task': 999999})")
    pk = queue(stack, visitor)

    wait_until(lambda: state_of(stack, pk)["state"] == "done", "the next task done")


@pytest.mark.parametrize("number", ["999999", '"x"', "null", "[1]"])
def test_only_ones_own_dead_letters_can_be_requeued(visitor, number):
    visitor.get("/tasks/")
    with visitor.socket("/ws/tasks/") as connection:
        assert receive(connection) == {"type": "tasks", "tasks": []}
        connection.send(f'{{"requeue": {number}}}')
        assert "None of your dead letters" in receive_type(connection, "error")["error"]


def test_without_the_page_there_are_no_tasks_to_watch(visitor):
    assert visitor.refused_with("/ws/tasks/") == 403


def test_the_view_names_every_field_that_is_wrong(visitor):
    fields = {"delay_seconds": "-1", "pause_seconds": "x"}
    status, answer = visitor.submit("/tasks/", "/tasks/queue/", **fields)

    assert status == 400
    assert sorted(json.loads(answer)["errors"]) == ["delay_seconds", "pause_seconds", "picture"]
