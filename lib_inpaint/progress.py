"""How long work reports where it is, and how it is stopped.

A progress is any callable `progress(fraction, text)`, fraction in 0..1. Long work calls it often and lets what it
raises pass: whoever gave it may raise `errors.Cancelled` there, and the work ends at that point with nothing half done.

Sampling shows how the picture looks meanwhile: it calls `progress(fraction, text, preview=jpeg)`. Nothing else does, so
that only a progress that is given to sampling has to take it.

Waiting for a lock is reported too, and stopped in the same way: `held`.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import Any, Callable, Generator, Protocol

Progress = Callable[..., None]

_PERIOD = 0.1  # seconds between two reports of somebody who waits


def silent(fraction: float, text: str = "") -> None:
    """The progress of somebody who does not watch."""


def part(progress: Progress, start: float, end: float, prefix: str = "") -> Progress:
    """A progress whose 0..1 is the stretch start..end of `progress`; `prefix` is put before its text."""

    def report(fraction: float, text: str = "", **preview: Any) -> None:
        progress(start + (end - start) * fraction, prefix + text, **preview)

    return report


class Lock(Protocol):
    """A lock that another thread than its holder may release, as that of `threading` is and the WebUI's."""

    def acquire(self, blocking: bool = True, /) -> object: ...

    def release(self) -> None: ...


@contextmanager
def held(lock: Lock, progress: Progress, text: str = "Waiting for other work") -> Generator[None, None, None]:
    """While this is open, the lock is held. What `progress` raises while it is waited for ends the waiting."""
    if not lock.acquire(False):
        _Turn(lock).wait(progress, text)
    try:
        yield
    finally:
        lock.release()


class _Turn:
    """A place in the line for a lock, kept by a thread of its own, so that who wants it can go away.

    The WebUI's lock serves whoever came first, and has no timeout: to ask for it anew every moment would be to begin at
    the end of the line each time.
    """

    def __init__(self, lock: Lock) -> None:
        self._lock = lock
        self._deciding = threading.Lock()
        self._came = threading.Event()
        self._given_up = False
        threading.Thread(target=self._stand_in_line, name="inpaint-anything waits", daemon=True).start()

    def wait(self, progress: Progress, text: str) -> None:
        """Return with the lock held, or raise what `progress` raised, and then it is not."""
        try:
            while not self._came.wait(_PERIOD):
                progress(0.0, text)
        except BaseException:
            with self._deciding:
                self._given_up = True
                if self._came.is_set():
                    self._lock.release()
            raise

    def _stand_in_line(self) -> None:
        self._lock.acquire()
        with self._deciding:
            if self._given_up:
                self._lock.release()
            else:
                self._came.set()
