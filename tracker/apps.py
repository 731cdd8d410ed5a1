from django.apps import AppConfig
from django.db.backends.signals import connection_created

from tracker.geometry.sqlite import register_functions


class TrackerConfig(AppConfig):
    name = "tracker"
    verbose_name = "Incident tracker"

    def ready(self) -> None:
        # Receivers need the models, which are not there when this module is imported.
        from tracker import signals  # noqa: F401

        connection_created.connect(register_functions)
