"""The app of the delay server."""

from django.apps import AppConfig


class DelayConfig(AppConfig):
    """Holds the messages that wait."""

    name = "channels.delay"
    # The label was "channels.delay" in 1.x, which Django does not accept any more.
    label = "channels_delay"
    verbose_name = "Channels Delay"
    default_auto_field = "django.db.models.AutoField"
