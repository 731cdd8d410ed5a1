"""What there is to start: bin/up starts the one, bin/examples the other."""

from collections.abc import Mapping
from typing import NamedTuple


class Site(NamedTuple):
    """A Django project of this repository.

    Fields:
        command: what starts it.
        name: what runs then, at the beginning of a sentence.
        requirements: the file of what it needs.
        procfile: its processes; `valkey` is left out where there is a REDIS_URL.
        processes: those of the Procfile that it needs besides.
        variables: what its processes find in their environment.
    """

    command: str
    name: str
    requirements: str
    procfile: str
    processes: tuple[str, ...]
    variables: Mapping[str, str]


TRACKER = Site("bin/up", "The tracker runs", "requirements.txt", "Procfile", ("web", "worker"), {})

EXAMPLES = Site(
    "bin/examples",
    "The examples run",
    "requirements-examples.txt",
    "examples/Procfile",
    ("web", "worker", "taskworker", "delay", "udp"),
    {"DJANGO_SETTINGS_MODULE": "examples.settings"},
)
