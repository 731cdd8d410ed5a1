"""The event loop of a worker, for consumers that are coroutine functions."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from typing import Any

logger = logging.getLogger("django.channels")

# More would only wait for each other; their messages are better off with other workers.
MAX_RUNNING = 256


class CoroutineLoop:
    """Runs coroutines in a thread of its own, started with the first of them."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._places = threading.Semaphore(MAX_RUNNING)
        self._starting = threading.Lock()
        self._closing = False

    def start(self, coroutine: Coroutine[Any, Any, None], done: Callable[[], None]) -> None:
        """Starts a coroutine; waits first while very many are running.

        Arguments:
            coroutine: it must not raise.
            done: called in some other thread when it has ended; may block.
        """
        self._places.acquire()
        asyncio.run_coroutine_threadsafe(self._run(coroutine, done), self._running_loop())

    def close(self) -> None:
        """Waits for the coroutines that run, and ends the thread."""
        for _ in range(MAX_RUNNING):
            self._places.acquire()
        self._closing = True
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    async def _run(self, coroutine: Coroutine[Any, Any, None], done: Callable[[], None]) -> None:
        try:
            await coroutine
        finally:
            try:
                # Not in the loop: telling the layer is blocking work.
                await asyncio.get_running_loop().run_in_executor(None, done)
            except Exception:
                logger.exception("Error after a coroutine consumer:")
            finally:
                self._places.release()

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=self._run_forever,
                    args=[self._loop],
                    name="channels-coroutines",
                    daemon=True,
                )
                self._thread.start()
        return self._loop

    def _run_forever(self, loop: asyncio.AbstractEventLoop) -> None:
        while not self._closing:
            try:
                loop.run_forever()
            except BaseException:
                # A task that a consumer has started: asyncio ends the loop for its sys.exit().
                logger.exception("Error in a task of a coroutine consumer:")
