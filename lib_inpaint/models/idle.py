"""Noticing that something has not been used for a while."""

from __future__ import annotations

import threading
import time
from typing import Callable


class Idle:
    """Calls `rest`, in a thread of its own, once `used` was not called for so many seconds; 0: never."""

    def __init__(self, rest: Callable[[], None], seconds: Callable[[], float]) -> None:
        """seconds: asked anew each time, as it is a setting."""
        self._rest, self._seconds = rest, seconds
        self._lock = threading.Lock()
        self._last = 0.0
        self._watched = False

    def used(self) -> None:
        """To be called at each use; costs next to nothing."""
        with self._lock:
            self._last = time.monotonic()
            if self._watched or not self._seconds():
                return
            self._watched = True
        threading.Thread(target=self._watch, name="inpaint-anything idle", daemon=True).start()

    def _watch(self) -> None:
        while True:
            with self._lock:
                seconds = self._seconds()
                left = self._last + seconds - time.monotonic()
                if left <= 0 or not seconds:
                    self._watched = False
                    break
            time.sleep(left)
        if seconds:  # else the setting was changed to never meanwhile
            self._rest()
