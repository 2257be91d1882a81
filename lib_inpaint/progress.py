"""How long work reports where it is, and how it is stopped.

A progress is any callable `progress(fraction, text)`, fraction in 0..1. Long work calls it often and lets what it
raises pass: whoever gave it may raise `errors.Cancelled` there, and the work ends at that point with nothing half done.

Sampling shows how the picture looks meanwhile: it calls `progress(fraction, text, preview=jpeg)`. Nothing else does, so
that only a progress that is given to sampling has to take it.
"""

from __future__ import annotations

from typing import Any, Callable

Progress = Callable[..., None]


def silent(fraction: float, text: str = "") -> None:
    """The progress of somebody who does not watch."""


def part(progress: Progress, start: float, end: float, prefix: str = "") -> Progress:
    """A progress whose 0..1 is the stretch start..end of `progress`; `prefix` is put before its text."""

    def report(fraction: float, text: str = "", **preview: Any) -> None:
        progress(start + (end - start) * fraction, prefix + text, **preview)

    return report
