from typing import Any

from django.apps import AppConfig

from channels.signals import worker_process_ready


class TasksConfig(AppConfig):
    name = "examples.tasks"

    def ready(self) -> None:
        worker_process_ready.connect(_start_sweeping, dispatch_uid="examples.tasks")


def _start_sweeping(**signal: Any) -> None:
    # Imported here because models cannot be, before all apps are loaded.
    from examples.tasks.queue import schedule_sweep

    schedule_sweep()
