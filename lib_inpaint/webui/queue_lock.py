"""The WebUI's queue lock: who has it is the only one to use the GPU."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import Iterator, Optional

from ..progress import Progress, held, silent


class QueueLock:
    """The WebUI's own lock, which the thread that has it may take again: the WebUI's would wait for itself."""

    def __init__(self) -> None:
        self._holder: Optional[int] = None  # the thread that has it; written by that one only

    @contextmanager
    def held(self, progress: Progress = silent) -> Iterator[None]:
        """While this is open, this thread has the lock; nothing of the WebUI's own is sampled meanwhile.

        `progress` is told while the lock is waited for, and what it raises ends the waiting.
        """
        if self._holder == threading.get_ident():
            yield
            return
        from modules import call_queue

        with held(call_queue.queue_lock, progress, "Waiting for the WebUI"), self.given():
            yield

    @contextmanager
    def given(self) -> Iterator[None]:
        """For a thread to which the WebUI gave the lock itself, as it does to one that runs a Script."""
        before, self._holder = self._holder, threading.get_ident()
        try:
            yield
        finally:
            self._holder = before
