"""The progress bar of the command line."""

from __future__ import annotations

import shutil
import sys
import time
from typing import Any

PERIOD = 0.1  # seconds between two drawings


class Bar:
    """A Progress that is one line on the terminal (standard error), taken away at the end; nothing unless `shown`."""

    def __init__(self, title: str, shown: bool) -> None:
        self._title, self._shown = title, shown
        self._begun = time.monotonic()
        self._drawn = float("-inf")  # when
        self._length = 0  # of the line that stands there

    def __enter__(self) -> Bar:
        self(0.0)
        return self

    def __call__(self, fraction: float, text: str = "") -> None:
        """Show how far the work is (0 to 1) and what is done just now."""
        now = time.monotonic()
        if self._shown and (now - self._drawn >= PERIOD or fraction >= 1.0):
            self._drawn = now
            self._write(self._line(min(max(fraction, 0.0), 1.0), text.strip(), int(now - self._begun)))

    def __exit__(self, *_: Any) -> None:
        self.clear()

    def clear(self) -> None:
        """Take the line away, before something else is printed."""
        if self._length:
            self._write("")
            self._drawn = float("-inf")

    def _line(self, fraction: float, text: str, seconds: int) -> str:
        room = shutil.get_terminal_size().columns - 1  # a full line would scroll in some terminals
        blocks = "#" * round(20 * fraction)
        line = f"{self._title} {fraction:4.0%} [{blocks:<20}] {seconds // 60}:{seconds % 60:02} {text}"
        return line.rstrip()[:room]

    def _write(self, line: str) -> None:
        print(f"\r{line:<{self._length}}" + ("" if line else "\r"), end="", file=sys.stderr, flush=True)
        self._length = len(line)
