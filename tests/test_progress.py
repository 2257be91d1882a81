"""Waiting for a lock: in the line, told, and stopped."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

import pytest

from lib_inpaint.errors import Cancelled
from lib_inpaint.progress import Progress, held, silent


class Line:
    """A lock that serves whoever came first, without a timeout, as the WebUI's does."""

    def __init__(self) -> None:
        self._line: deque[object] = deque()  # the first one has it
        self._changed = threading.Condition()

    def acquire(self, blocking: bool = True) -> bool:
        me = object()
        with self._changed:
            if self._line and not blocking:
                return False
            self._line.append(me)
            self._changed.notify_all()
            return self._changed.wait_for(lambda: self._line[0] is me, 20)

    def release(self) -> None:
        with self._changed:
            self._line.popleft()
            self._changed.notify_all()

    def wait_for_length(self, length: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._line) == length, 20)


class Waiter:
    """A thread that takes the lock and writes down that it had it."""

    def __init__(self, lock: Line, name: str, had: list[str], progress: Progress = silent) -> None:
        self.lock, self.name, self.had, self.progress = lock, name, had, progress
        self.raised: Any = None
        self.thread = threading.Thread(target=self._work)
        self.thread.start()

    def _work(self) -> None:
        try:
            with held(self.lock, self.progress):
                self.had.append(self.name)
        except Cancelled as error:
            self.raised = error


def test_whoever_came_first_is_served_first_and_whoever_stops_goes_away_at_once() -> None:
    lock, had, stop = Line(), [], threading.Event()
    told: list[tuple[float, str]] = []

    def until_stopped(fraction: float, text: str) -> None:
        told.append((fraction, text))
        if stop.is_set():
            raise Cancelled()

    assert lock.acquire()
    waiters = []
    for number, name in enumerate(("first", "stopped", "last")):
        waiters.append(Waiter(lock, name, had, until_stopped if name == "stopped" else silent))
        lock.wait_for_length(number + 2)
    stop.set()
    waiters[1].thread.join(20)
    assert isinstance(waiters[1].raised, Cancelled)  # while the lock is still somebody else's
    assert set(told) == {(0.0, "Waiting for other work")}
    assert had == []
    lock.release()
    for waiter in waiters:
        waiter.thread.join(20)
    assert had == ["first", "last"]
    lock.wait_for_length(0)


def test_a_lock_that_is_free_is_taken_without_a_word_and_given_back() -> None:
    lock, told = threading.Lock(), []
    with held(lock, lambda *said: told.append(said)):
        assert lock.locked()
    with pytest.raises(ValueError, match="broken"), held(lock, silent):
        raise ValueError("broken")
    assert not lock.locked()
    assert told == []
