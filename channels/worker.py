"""Takes messages off the layer and runs their consumers."""

from __future__ import annotations

import fnmatch
import logging
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import lru_cache, partial
from typing import Any

from asgiref.sync import iscoroutinefunction

from channels.dispatch import Call
from channels.layers.exceptions import MessageTooLarge
from channels.layers.outgoing import Outgoing
from channels.layers.subscription import Delivery
from channels.loop import CoroutineLoop
from channels.message import Message
from channels.pending import send_pending
from channels.signals import worker_ready
from channels.supply import Results, Supply
from channels.utils import name_that_thing

logger = logging.getLogger("django.channels")

Callback = Callable[[str, Message], None]


class Worker:
    """Runs consumers in the calling thread, one after the other, until it is told to stop.

    Arguments:
        channel_layer: the layer to read, with its `router`.
        callback: called with the channel's name and the message before each consumer.
        message_retries: how often ConsumeLater may put one message back.
        signal_handlers: whether SIGTERM and SIGINT end the worker, after the running consumer.
        only_channels: globs; other channels are not read.
        exclude_channels: globs; these channels are not read.

    Attributes:
        termed: whether the worker has been told to stop.
        in_job: whether a consumer is running.
    """

    def __init__(
        self,
        channel_layer: Any,
        callback: Callback | None = None,
        message_retries: int = 10,
        signal_handlers: bool = True,
        only_channels: Iterable[str] | None = None,
        exclude_channels: Iterable[str] | None = None,
    ) -> None:
        self.channel_layer = channel_layer
        self.callback = callback
        self.message_retries = message_retries
        self.signal_handlers = signal_handlers
        self.only_channels = only_channels
        self.exclude_channels = exclude_channels
        self.termed = False
        self.in_job = False
        self._results = Results()
        self._supply: Supply | None = None

    def install_signal_handler(self) -> None:
        """Makes SIGTERM and SIGINT end the worker."""
        signal.signal(signal.SIGTERM, self.sigterm_handler)
        signal.signal(signal.SIGINT, self.sigterm_handler)

    def sigterm_handler(self, signo: int | None, stack_frame: Any) -> None:
        """Ends the worker once the running consumer has returned."""
        self.termed = True
        if self._supply is not None:
            self._supply.stop()
        # Where the signal came while a line is being written, Python writes no other.
        with suppress(RuntimeError):
            logger.info(
                "Shutdown signal received, %s.",
                "waiting for the running consumer" if self._is_busy() else "stopping",
            )

    def _is_busy(self) -> bool:
        return self.in_job

    def apply_channel_filters(self, channels: Iterable[str]) -> list[str]:
        """Returns the channels that `only_channels` and `exclude_channels` leave."""
        kept = list(channels)
        if self.only_channels:
            kept = [name for name in kept if _matches(name, self.only_channels)]
        if self.exclude_channels:
            kept = [name for name in kept if not _matches(name, self.exclude_channels)]
        return kept

    def ready(self) -> None:
        """Tells that the worker is about to take messages."""
        worker_ready.send(sender=self)

    def run(self) -> None:
        """Runs consumers until the worker is told to stop."""
        if self.signal_handlers:
            self.install_signal_handler()
        supply = self.open_supply()
        coroutines = CoroutineLoop()
        try:
            self.work(supply, coroutines)
        finally:
            coroutines.close()
            supply.close()

    def open_supply(self) -> Supply:
        """Returns the messages of this worker's channels; raises ValueError if it has none."""
        routed = self.channel_layer.router.channels
        channels = self.apply_channel_filters(routed)
        if routed and not channels:
            raise ValueError(
                f"No channel is left to read: only_channels {self.only_channels} and"
                f" exclude_channels {self.exclude_channels} leave none of"
                f" {', '.join(sorted(routed))}."
            )
        logger.info("Listening on channels %s", ", ".join(sorted(channels)))
        subscription = self.channel_layer.subscribe(channels)
        self._supply = Supply(self.channel_layer, subscription)
        return self._supply

    def work(self, supply: Supply, coroutines: CoroutineLoop) -> None:
        """Runs what the supply gives until the worker is told to stop."""
        try:
            while not self.termed:
                self.in_job = False
                delivery = supply.next(self._results)
                if delivery is not None:
                    self.in_job = True
                    self._handle(supply, delivery, coroutines)
        finally:
            supply.flush(self._results)
            self.in_job = False

    def _handle(self, supply: Supply, delivery: Delivery, coroutines: CoroutineLoop) -> None:
        call = self._prepare(supply, delivery)
        started = time.perf_counter()
        if call is not None and _is_coroutine_function(call.consumer):
            coroutines.start(call.run_async(), partial(self._finish_apart, supply, delivery, call))
        else:
            self._run(supply, delivery, call)
        supply.note_duration(time.perf_counter() - started)

    def _run(self, supply: Supply, delivery: Delivery, call: Call | None) -> None:
        try:
            if call is None:
                self._results.add([], delivery)
            else:
                call.run()
                self._settle(supply, delivery, call, self._results)
        finally:
            supply.end()

    def _prepare(self, supply: Supply, delivery: Delivery) -> Call | None:
        """Returns the call to make; None if there is none to make for the message."""
        try:
            return self._route(supply, delivery)
        except Exception:  # a message that nobody can route must not end the worker
            logger.exception("Error routing a message on %s:", delivery.channel)
            return None

    def _route(self, supply: Supply, delivery: Delivery) -> Call | None:
        channel, content = delivery.channel, delivery.message
        message = Message(content, channel, self.channel_layer)
        message.id = delivery.id
        match = self.channel_layer.router.match(message)
        if match is None:
            logger.error(
                "No consumer for a message on %s (path %r): add a route, or send elsewhere.",
                channel,
                content.get("path"),
            )
            return None
        if self.callback:
            self.callback(channel, message)
        consumer, kwargs = match
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug("Dispatching message on %s to %s", channel, name_that_thing(consumer))
        return Call(consumer, message, kwargs, type(self))

    def _settle(self, supply: Supply, delivery: Delivery, call: Call, results: Results) -> None:
        """Sends what goes to other layers, and notes what is to be told our own."""
        if call.pending.rest:
            supply.postpone(delivery, call.pending, call.pending.rest)
            return
        own = [item for layer, item in call.pending if layer is self.channel_layer]
        if len(own) < len(call.pending):
            others = [pair for pair in call.pending if pair[0] is not self.channel_layer]
            if not supply.carry_through(lambda: send_pending(others)):
                return  # the worker has to stop: another one runs the message again
        if call.put_back:
            again = self._put_back(delivery)
            if not (again or supply.carry_through(partial(self._tell_client, delivery))):
                return  # the worker has to stop: another one gives it up
            own += again
        results.add(own, delivery)

    def _put_back(self, delivery: Delivery) -> list[Outgoing]:
        """Returns the message, to be sent again; nothing if it is given up."""
        tries = delivery.message.get("__retries__", 0) + 1
        if tries > self.message_retries:
            logger.warning(
                "Dropped a message on %s that was put back %d times: %.200r",
                delivery.channel,
                self.message_retries,
                delivery.message,
            )
            return []
        content = {**delivery.message, "__retries__": tries}
        try:
            return [Outgoing.to_channel(delivery.channel, content)]
        except (TypeError, MessageTooLarge):
            logger.exception("Dropped a message on %s that was changed:", delivery.channel)
        return []

    def _tell_client(self, delivery: Delivery) -> None:
        self.channel_layer.tell_client(delivery.channel, delivery.message)

    def _finish_apart(self, supply: Supply, delivery: Delivery, call: Call) -> None:
        results = Results()
        try:
            self._settle(supply, delivery, call, results)
            supply.flush(results)
        finally:
            supply.end()


class WorkerGroup(Worker):
    """Several workers in threads of one process, sharing what it reads.

    Arguments:
        n_threads: how many; the other arguments are those of Worker.

    Attributes:
        workers: those besides the group itself, which is one of them.
        threads: theirs, once it runs.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        n_threads = kwargs.pop("n_threads", multiprocessing.cpu_count())
        super().__init__(*args, **kwargs)
        kwargs["signal_handlers"] = False
        self.threads: list[threading.Thread] = []
        self._failure: Exception | None = None
        self.workers = [Worker(*args, **kwargs) for _ in range(n_threads - 1)]

    def sigterm_handler(self, signo: int | None, stack_frame: Any) -> None:
        """Ends all workers once their running consumers have returned."""
        for worker in self.workers:
            worker.termed = True
        super().sigterm_handler(signo, stack_frame)

    def _is_busy(self) -> bool:
        return any(worker.in_job for worker in (self, *self.workers))

    def ready(self) -> None:
        """Tells of every worker that it is about to take messages."""
        super().ready()
        for worker in self.workers:
            worker.ready()

    def work(self, supply: Supply, coroutines: CoroutineLoop) -> None:
        """Runs what the supply gives in all threads."""
        self.threads = [
            threading.Thread(
                target=self._work_beside, args=[worker, supply, coroutines], daemon=True
            )
            for worker in self.workers
        ]
        for thread in self.threads:
            thread.start()
        super().work(supply, coroutines)
        for thread in self.threads:
            thread.join()
        if self._failure:
            raise self._failure

    def _work_beside(self, worker: Worker, supply: Supply, coroutines: CoroutineLoop) -> None:
        """Runs one of the threads; a mistake of ours that ends one of them ends the process.

        It would go on with the others, and nobody would know that it does less.
        """
        try:
            worker.work(supply, coroutines)
        except Exception as error:
            self._failure = error
            supply.stop()
            for one in (self, *self.workers):
                one.termed = True


def _is_coroutine_function(consumer: Callable[..., Any]) -> bool:
    try:
        return _remembered_kind(consumer)
    except TypeError:  # one of a class with an __eq__ of its own may have no hash
        return bool(iscoroutinefunction(consumer))


# The same few consumers are asked about all the time.
_remembered_kind = lru_cache(maxsize=1024)(iscoroutinefunction)


def _matches(channel: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(channel, pattern) for pattern in patterns)
