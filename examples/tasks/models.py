from typing import Any

from django.db import models


class Task(models.Model):
    """A task and what became of it. The row is the truth; messages only wake a worker for it."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        DEAD = "dead"

    owner = models.CharField(max_length=32, db_index=True)
    data = models.JSONField()
    state = models.CharField(max_length=7, choices=State, default=State.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    result = models.JSONField(default=list)
    error = models.TextField(blank=True)
    touched = models.DateTimeField(auto_now=True, db_index=True)

    def __str__(self) -> str:
        return f"Task {self.pk}, {self.state}"

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.pk,
            "name": self.data.get("name", ""),
            "state": self.state,
            "progress": self.progress,
            "attempts": self.attempts,
            "result": self.result,
            "error": self.error,
        }
