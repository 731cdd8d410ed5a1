"""Workers in threads of the test."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from channels.asgi import ChannelLayerWrapper
from channels.worker import Worker, WorkerGroup


def wrap(layer: Any, routing: Any) -> ChannelLayerWrapper:
    """Return a layer with its routing, as channel_layers has it."""
    return ChannelLayerWrapper(layer, "default", routing)


@contextmanager
def running(worker: Worker) -> Iterator[Worker]:
    """Run a worker in a thread; tell it to stop at the end and wait until it has."""
    thread = threading.Thread(target=worker.run, daemon=True)
    thread.start()
    try:
        yield worker
    finally:
        worker.sigterm_handler(None, None)
        thread.join(20)
        assert not thread.is_alive(), "the worker did not stop"


@contextmanager
def working(layer: Any, routing: Any, *, threads: int = 1, **options: Any) -> Iterator[Worker]:
    """Run a new worker, or a group of several threads, on a layer with a routing."""
    options = {"signal_handlers": False, **options}
    if threads > 1:
        worker: Worker = WorkerGroup(wrap(layer, routing), n_threads=threads, **options)
    else:
        worker = Worker(wrap(layer, routing), **options)
    with running(worker):
        yield worker
