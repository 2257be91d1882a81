"""Threads that do the work, so that the event loop does none; how many wait for them is bounded."""

from __future__ import annotations

import asyncio
import queue
import threading
from concurrent.futures import Future
from typing import Any, Callable, TypeVar

from .http_errors import busy

Value = TypeVar("Value")


class Workers:
    """A few threads with a queue in front of them. They start with the first piece of work, and end with the process:

    being daemons they do not keep it alive; what they hold then is work that nobody waits for.
    """

    def __init__(self, name: str, threads: int, waiting: int) -> None:
        self.name, self.threads = name, threads
        self._queue: queue.Queue[tuple[Future[Any], Callable[[], Any]]] = queue.Queue(waiting)
        self._lock = threading.Lock()
        self._started = 0

    @property
    def waiting(self) -> int:
        """How many pieces of work are in the queue."""
        return self._queue.qsize()

    def submit(self, work: Callable[[], Value]) -> Future[Value]:
        """The future of `work`. Raises HttpError (503, with Retry-After) when the queue is full."""
        future: Future[Value] = Future()
        try:
            self._queue.put_nowait((future, work))
        except queue.Full:
            raise busy(f"The server is busy: {self._queue.maxsize} requests are waiting already") from None
        self._start()
        return future

    async def result_of(self, work: Callable[[], Value]) -> Value:
        """The result of `work`, done in a thread. When the caller is cancelled and it has not begun, it is dropped."""
        return await asyncio.wrap_future(self.submit(work))

    def _start(self) -> None:
        with self._lock:
            if self._started < self.threads:
                self._started += 1
                name = f"inpaint-anything {self.name} {self._started}"
                threading.Thread(target=self._work, name=name, daemon=True).start()

    def _work(self) -> None:
        while True:
            self._do(*self._queue.get())

    def _do(self, future: Future[Any], work: Callable[[], Any]) -> None:
        """One piece; a method of its own so that nothing of it is held while the thread waits for the next."""
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = work()
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)
