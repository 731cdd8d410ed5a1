from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate

from channels.signals import consumer_finished, consumer_started, worker_ready
from tracker.geometry.sqlite import register_functions
from tracker.roles import create_roles


class TrackerConfig(AppConfig):
    name = "tracker"
    verbose_name = "Incident tracker"

    def ready(self) -> None:
        # They need the models, which are not there when this module is imported.
        from tracker import access, metrics, signals  # noqa: F401
        from tracker.clock import Clock
        from tracker.models import LogHead

        connection_created.connect(register_functions)
        post_migrate.connect(create_roles, sender=self)
        post_migrate.connect(LogHead.create, sender=self)
        self.clock = Clock()
        worker_ready.connect(self.clock.start)
        consumer_started.connect(metrics.consumer_began)
        consumer_finished.connect(metrics.consumer_ended)
